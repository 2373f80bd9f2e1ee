#!/bin/bash
set -euo pipefail
pct exec 100 -- bash -c 'cat > /etc/systemd/system/my-app.service' <<UNIT
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
Alias=their.service
UNIT
pct exec 100 -- systemctl enable my-app
pct exec 100 -- systemctl restart myapp
pct push 101 app.service /etc/systemd/system/app.service
pct exec 101 -- test -s /etc/systemd/system/app.service
pct clone 102 201
pct start 201
until pct exec 201 -- test -S /run/systemd/private; do sleep 1; done
pct exec 201 -- systemctl enable --now app.service
#= error unit-name-mismatch 11
#= warning container-mismatch 17
