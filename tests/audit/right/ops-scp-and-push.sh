#!/bin/bash
set -e
scp app.service root@pve1:/tmp/app.service
ssh root@pve1 "pct push 120 /tmp/app.service /etc/systemd/system/app.service && pct exec 120 -- test -s /etc/systemd/system/app.service && pct exec 120 -- systemctl enable --now app.service && rm /tmp/app.service"
