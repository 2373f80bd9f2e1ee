#!/bin/bash
set -e
pct exec 120 -- bash -c 'cat > /etc/systemd/system/app.service' <<EOF
[Service]
ExecStart=/opt/app/run --port ${PORT:-8080}
[Install]
WantedBy=multi-user.target
EOF
pct exec 120 -- systemctl enable --now app
