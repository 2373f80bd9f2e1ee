#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service &
pusher=$!
for _ in $(seq 50); do
  pct exec 958 -- test -s /etc/systemd/system/app.service && break
  sleep 0.1
done
wait "$pusher"
pct exec 958 -- systemctl daemon-reload
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
