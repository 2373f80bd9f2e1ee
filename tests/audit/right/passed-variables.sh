#!/bin/bash
set -euo pipefail
CTID=140
SERVICE=collector
PORT=8080
export REGION=eu
pct exec "$CTID" -- env SERVICE="$SERVICE" bash -c '
  cat > "/etc/systemd/system/$SERVICE.service" <<UNIT
[Service]
ExecStart=/usr/bin/$SERVICE --port 1
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable --now "$SERVICE"
  systemctl restart "agent-$REGION"
'
pct exec "$CTID" -- bash -s -- "$SERVICE" <<'UNIT'
set -e
name=$1
systemctl restart "$name"
for unit in $(systemctl list-units --plain --no-legend | cut -d' ' -f1); do
  systemctl is-active "$unit"
done
UNIT
pct exec "$CTID" -- bash -c "
set -e
for unit in a b; do systemctl is-enabled \$unit || echo \"\$unit is off\"; done
systemctl restart $SERVICE
"
pct exec "$CTID" -- bash -c "DOMAIN=$DOMAIN; echo $DOMAIN > /etc/domain"
#= note error-swallowed 14
