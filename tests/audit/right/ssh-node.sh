#!/bin/bash
set -euo pipefail
NODE=pve2 CTID=170
scp app.service "root@$NODE:/root/app.service"
ssh "root@$NODE" "pct push $CTID /root/app.service /etc/systemd/system/app.service && pct exec $CTID -- test -s /etc/systemd/system/app.service && pct exec $CTID -- systemctl enable --now app"
ssh "root@$NODE" bash -s "$CTID" <<'REMOTE'
set -e
ct=$1
pct exec "$ct" -- bash -c 'systemctl daemon-reload && systemctl restart app'
REMOTE
