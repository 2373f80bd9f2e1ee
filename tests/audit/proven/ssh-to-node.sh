#!/bin/bash
set -e
ssh root@pve2 "pct push 958 units/app.service /etc/systemd/system/app.service && pct exec 958 -- test -s /etc/systemd/system/app.service"
ssh root@pve2 pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
