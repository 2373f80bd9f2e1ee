#!/bin/bash
set -euo pipefail
while IFS=: read -r ct unit; do
  [[ -z $ct || $ct == \#* ]] && continue
  pct push "$ct" "units/$unit" "/etc/systemd/system/$unit" </dev/null
  pct exec "$ct" -- test -s "/etc/systemd/system/$unit" </dev/null
  pct exec "$ct" -- systemctl enable --now "$unit" </dev/null
done <containers.txt
