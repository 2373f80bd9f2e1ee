#!/bin/bash
set -e
CT=120
pct exec "$CT" -- bash -s <<'INNER'
set -e
cat >/etc/systemd/system/app.service <<'UNIT'
[Service]
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now app
INNER
