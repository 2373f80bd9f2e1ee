#!/bin/bash
set -e
pct exec 958 -- cat <<UNIT >/etc/systemd/system/app.service
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
UNIT
#= error redirect-on-host 3
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
