#!/usr/bin/env bash
set -Eeuo pipefail
trap 'echo failed at $LINENO; pct stop "$CTID"' ERR
CTID=$(pvesh get /cluster/nextid)
pct create "$CTID" local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst \
  --hostname grafana --memory 1024 --net0 name=eth0,bridge=vmbr0,ip=dhcp
pct start "$CTID"
for _ in $(seq 1 30); do
  pct exec "$CTID" -- systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded' && break
  sleep 1
done
pct exec "$CTID" -- bash -c "cat > /etc/systemd/system/exporter.service" <<UNIT
[Unit]
Description=Exporter for $CTID
[Service]
ExecStart=/usr/local/bin/exporter
[Install]
WantedBy=multi-user.target
UNIT
pct exec "$CTID" -- bash -c "systemctl daemon-reload && systemctl enable --now exporter"
