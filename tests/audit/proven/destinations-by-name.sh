#!/bin/bash
set -eu
declare -A target
target[app.conf]=/etc/app.conf
target["app.service"]=/etc/systemd/system/app.service
for name in "${!target[@]}"; do
  pct push 958 "units/$name" "${target[$name]}"
  pct exec 958 -- test -s "${target[$name]}"
done
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
