#!/bin/bash
set -e
pct push 958 units/app.service /tmp/app.unit
pct exec 958 -- install -m 644 /tmp/app.unit /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
