#!/bin/bash
set -e
pids=()
for ct in 101 102 103; do
  (
    pct push "$ct" node.service /etc/systemd/system/node.service
    pct exec "$ct" -- test -s /etc/systemd/system/node.service
    pct exec "$ct" -- systemctl enable --now node.service
  ) &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
pct push 104 node.service /etc/systemd/system/node.service & p=$!
wait $p
pct exec 104 -- cmp -s /dev/stdin /etc/systemd/system/node.service < node.service
pct exec 104 -- systemctl enable node.service
