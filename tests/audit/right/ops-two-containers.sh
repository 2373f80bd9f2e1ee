#!/bin/bash
set -e
WEB=120 DB=121
for pair in "$WEB:web" "$DB:db"; do
  ct=${pair%%:*} unit=${pair##*:}.service
  pct push "$ct" "$unit" "/etc/systemd/system/$unit"
  pct exec "$ct" -- test -s "/etc/systemd/system/$unit"
  pct exec "$ct" -- systemctl enable --now "$unit"
done
