#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- grep -q '^ExecStart' /etc/systemd/system/app.service
pct exec 958 -- systemctl enable --now app
#? pct exec 958 -- systemctl is-enabled app
