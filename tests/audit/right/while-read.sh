#!/bin/bash
set -e
pct list | awk 'NR>1 {print $1}' | while read -r ct; do
  while read -r unit; do
    pct push "$ct" "/srv/units/$unit" "/etc/systemd/system/$unit"
    pct exec "$ct" -- sha256sum -c <<<"$(sha256sum < "/srv/units/$unit" | cut -d' ' -f1)  /etc/systemd/system/$unit"
    pct exec "$ct" -- systemctl enable "$unit"
  done <<LIST
one.service
two.timer
LIST
done
