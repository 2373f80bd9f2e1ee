#!/bin/bash
set -e
pct exec 958 -- systemctl stop app 2>/dev/null || true
pct exec 958 -- systemctl disable app 2>/dev/null || true
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
