#!/bin/bash
set -e
pct push 958 units/app.service /root/app.service.new
pct exec 958 -- mv /root/app.service.new /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
