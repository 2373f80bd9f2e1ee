#!/bin/bash
set -e
CT=300
if pct status $CT | grep -q running; then
  pct stop $CT
fi
pct start $CT
if [ "$1" = full ]; then
  pct push $CT app.service /etc/systemd/system/app.service
  pct exec $CT -- test -s /etc/systemd/system/app.service
else
  pct exec $CT -- systemctl restart app
fi
pct exec $CT -- systemctl enable app
[ -d extra ] || exit 0
pct push $CT extra/a.conf /etc/a.conf
