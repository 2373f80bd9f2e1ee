#!/bin/bash
set -e
pct exec 958 -- sh -c 'cat >/etc/systemd/system/app.service' <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/true
UNIT
pct exec 958 -- sh -c 'cat >/etc/systemd/system/app.timer' <units/app.timer
pct exec 958 -- systemctl enable --now app.timer
#? pct exec 958 -- systemctl is-enabled app.timer
