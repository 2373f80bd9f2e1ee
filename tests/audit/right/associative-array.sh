#!/bin/bash
set -e
declare -A UNITS=([web]=80 [api]=8080)
CTS=(201 202)
for ct in "${CTS[@]}"; do
  for name in "${!UNITS[@]}"; do
    sed "s/@PORT@/${UNITS[$name]}/" tmpl.service > "/tmp/$name.service"
    pct push "$ct" "/tmp/$name.service" "/etc/systemd/system/$name.service"
    rm "/tmp/$name.service"
    pct exec "$ct" -- chmod 644 "/etc/systemd/system/$name.service"
  done
  pct exec "$ct" -- systemctl daemon-reload
  pct exec "$ct" -- systemctl enable --now "${!UNITS[@]}"
done
