#!/bin/bash
set -e
pct exec 958 -- bash -e <<'INSIDE'
cat >/etc/systemd/system/app.service <<'UNIT'
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable app
INSIDE
#? pct exec 958 -- systemctl is-enabled app
