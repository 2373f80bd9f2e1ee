#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 ls /etc/systemd/system/app.service
pct exec 958 systemctl daemon-reload
pct exec 958 systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
