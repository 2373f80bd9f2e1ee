#!/bin/bash
set -e
pids=()
for n in app.service app.timer; do
  pct push 958 "units/$n" "/etc/systemd/system/$n" &
  pids+=($!)
done
for p in "${pids[@]}"; do wait "$p"; done
pct exec 958 -- stat /etc/systemd/system/app.service /etc/systemd/system/app.timer >/dev/null
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
