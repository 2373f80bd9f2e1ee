#!/bin/bash
set -e
tmp=$(mktemp)
cat >"$tmp" <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
pct push 958 "$tmp" /etc/systemd/system/app.service
rm -f "$tmp"
pct exec 958 -- cmp -s /etc/systemd/system/app.service /dev/null && exit 1
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
