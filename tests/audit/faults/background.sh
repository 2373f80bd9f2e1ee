#!/bin/bash
set -e
push_all() {
  for unit in api worker; do
    pct push 600 "$unit.service" "/etc/systemd/system/$unit.service" --perms 0644
  done
}
push_all &
for ct in 601 602; do
  pct push "$ct" node.service /etc/systemd/system/node.service &
done
pct exec 600 -- systemctl daemon-reload
pct exec 601 -- systemctl enable node.service
printf '%s\n' x.service y.service | xargs -P 4 -I{} pct push 603 {} /etc/systemd/system/{}
pct exec 603 -- systemctl daemon-reload
wait
#= warning push-background 5
#= warning push-background 10
#= warning push-background 14
