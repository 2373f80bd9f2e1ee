#!/bin/bash
set -e
tee /etc/systemd/system/app.service >/dev/null <<UNIT
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
pct push 120 /etc/systemd/system/app.service /etc/systemd/system/app.service
pct exec 120 -- systemctl enable app.service && systemctl start app.service
#= note push-unchecked 9
