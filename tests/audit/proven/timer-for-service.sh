#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.timer
#= error unit-name-mismatch 5
#? ! pct exec 958 -- systemctl is-enabled app.timer
