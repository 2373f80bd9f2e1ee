#!/bin/bash
set -e
pct exec 958 -- tee /etc/systemd/system/app.service >/dev/null <<'UNIT'
[Service]
ExecStart=/bin/true
UNIT
pct exec 958 -- systemctl enable app
#= warning no-install-section 7
#? ! pct exec 958 -- sh -c 'systemctl is-enabled app | grep -qx enabled'
