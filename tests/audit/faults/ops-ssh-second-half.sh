#!/bin/bash
set -e
scp app.service root@pve1:/tmp/app.service
ssh root@pve1 "pct push 120 /tmp/app.service /etc/systemd/system/app.service && pct exec 120 -- systemctl daemon-reload && systemctl enable --now app.service"
#= error host-side-command 4
