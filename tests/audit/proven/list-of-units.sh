#!/bin/bash
set -e
readarray -t units < <(printf '%s\n' app.service app.timer)
for u in "${units[@]}"; do
  pct push 958 "units/$u" "/etc/systemd/system/$u"
  pct exec 958 -- [ -s "/etc/systemd/system/$u" ]
done
pct exec 958 -- systemctl enable "${units[@]}"
#? pct exec 958 -- systemctl is-enabled app app.timer
