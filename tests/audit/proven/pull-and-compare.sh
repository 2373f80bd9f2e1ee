#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct pull 958 /etc/systemd/system/app.service copy.service
cmp units/app.service copy.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
