#!/bin/bash
set -e
pct stop 958
pct start 958
for _ in $(seq 100); do
  state=$(pct exec 958 -- systemctl is-system-running 2>/dev/null) || true
  case $state in running|degraded) break ;; esac
  sleep 0.1
done
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
