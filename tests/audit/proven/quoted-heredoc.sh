#!/bin/bash
SERVICE=app
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service || exit 1
pct exec 958 -- bash -s <<'INSIDE' || exit 1
set -e
systemctl daemon-reload
systemctl enable $SERVICE.service
INSIDE
#= error variable-lost 8
#? ! pct exec 958 -- systemctl is-enabled app
