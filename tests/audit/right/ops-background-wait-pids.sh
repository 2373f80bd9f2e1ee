#!/bin/bash
set -e
pids=()
for ct in 101 102; do
  { pct push $ct app.service /etc/systemd/system/app.service && pct exec $ct -- test -s /etc/systemd/system/app.service; } &
  pids+=($!)
done
for p in "${pids[@]}"; do wait "$p"; done
for ct in 101 102; do pct exec $ct -- systemctl enable --now app.service; done
