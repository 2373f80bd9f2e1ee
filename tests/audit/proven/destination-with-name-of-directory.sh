#!/bin/bash
set -e
dir=/etc/systemd/system/
pct push 958 units/app.service "${dir}app.service"
pct exec 958 -- test -s "${dir%/}/app.service"
pct exec 958 -- systemctl enable app.service
#? pct exec 958 -- systemctl is-enabled app
