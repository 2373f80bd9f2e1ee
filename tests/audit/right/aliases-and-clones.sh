#!/bin/bash
set -euo pipefail
pct exec 100 -- bash -c 'cat > /etc/systemd/system/my-app.service' <<UNIT
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
Alias=myapp.service other.service
UNIT
pct exec 100 -- systemctl enable my-app
pct exec 100 -- systemctl restart myapp
pct push 101 app.service /etc/systemd/system/app.service
pct exec 101 -- test -s /etc/systemd/system/app.service
pct stop 101
pct clone 101 201 --full
pct clone 201 202
pct restore 203 /var/lib/vz/dump/vzdump-lxc-101.tar.zst --start 1
for n in 201 202 203; do
  pct start $n
  until pct exec $n -- test -S /run/systemd/private; do sleep 1; done
  pct exec $n -- systemctl enable --now app.service
done
