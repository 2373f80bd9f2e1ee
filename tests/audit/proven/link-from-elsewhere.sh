#!/bin/bash
set -e
pct exec 958 -- mkdir -p /opt/app
pct push 958 units/app.service /opt/app/app.service
pct exec 958 -- systemctl enable /opt/app/app.service
#? pct exec 958 -- systemctl is-enabled app
