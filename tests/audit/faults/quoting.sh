#!/bin/bash
set -euo pipefail
CTID=400
SERVICE=collector
PORT=8080

pct exec "$CTID" -- bash -c '
apt-get update
echo "port $PORT"
cat >/etc/systemd/system/$SERVICE.service <<UNIT
[Service]
ExecStart=/usr/bin/collector
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --now "$SERVICE"
'

pct exec "$CTID" -- bash -s <<EOF
for unit in alpha beta; do
  systemctl restart "$unit"
done
name=gamma
systemctl restart \$name
EOF

ssh root@pve2 'pct exec $CTID -- systemctl restart ssh'
#= error variable-lost 10
#= error expanded-too-early 21
#= error variable-lost 27
#= note error-swallowed 21
