#!/bin/bash
set -e
CTID=701
cleanup() { pct stop $CTID; pct destroy $CTID; }
trap cleanup EXIT INT
if ! pct status $CTID >/dev/null 2>&1; then
  pct create $CTID local:vztmpl/d.tar.zst --start 1 || exit 1
  for i in {1..60}; do pct exec $CTID -- true 2>/dev/null && break || sleep 1; done
fi
declare -a files=( "etc/app.conf:/etc/app.conf" "bin/app:/usr/local/bin/app" )
for pair in "${files[@]}"; do
  IFS=: read -r src dst <<< "$pair"
  pct push "$CTID" "$src" "$dst"
done
for pair in "${files[@]}"; do pct push "$CTID" "${pair%%:*}" "${pair##*:}"; done
pct exec "$CTID" -- bash -euo pipefail -c '
  install -d /opt/app
  cat > /etc/systemd/system/app.service <<"UNIT"
[Service]
ExecStart=/usr/local/bin/app
[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable --now app.service
'
if [ "$(pct exec $CTID -- systemctl is-active app)" != active ]; then echo bad; exit 1; fi
cat > /etc/systemd/system/ct-watch.service <<EOF
[Service]
ExecStart=/usr/sbin/pct exec $CTID -- systemctl restart app
[Install]
WantedBy=multi-user.target
EOF
systemctl daemon-reload && systemctl enable --now ct-watch.service
pct exec $CTID -- systemctl daemon-reload &&
  pct exec $CTID -- systemctl restart app.service
logger -t provision "done" && pct exec $CTID -- systemctl restart app || { echo no; exit 1; }
