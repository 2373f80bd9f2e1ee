#!/bin/bash
set -Eeuo pipefail
CT_ID="${CT_ID:-120}"
UNIT_DIR="${UNIT_DIR:-/etc/systemd/system}"
in_ct() { pct exec "${CT_ID}" -- bash -lc "$*"; }
install_unit() {
  local name="$1" content="$2"
  local tmp; tmp="$(mktemp)"
  printf '%s\n' "$content" > "$tmp"
  pct push "${CT_ID}" "$tmp" "${UNIT_DIR}/${name}" --perms 0644
  rm -f "$tmp"
  in_ct "test -s ${UNIT_DIR}/${name}"
}
install_unit worker.service "[Unit]
Description=Worker
[Service]
ExecStart=/usr/bin/worker
[Install]
WantedBy=multi-user.target"
install_unit oneshot.service "[Service]
ExecStart=/bin/true"
in_ct "systemctl daemon-reload && systemctl enable --now worker.service"
in_ct systemctl start oneshot.service
if in_ct "systemctl is-active --quiet worker.service"; then echo ok; else in_ct journalctl -u worker -n 50; exit 1; fi
