#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- sh -ec 'test -s /etc/systemd/system/app.service; mkdir -p /etc/systemd/system/app.service.d'
printf '[Service]\nEnvironment=A=1\n' >override.conf
pct push 958 override.conf /etc/systemd/system/app.service.d/override.conf
pct exec 958 -- test -s /etc/systemd/system/app.service.d/override.conf
pct exec 958 -- systemctl daemon-reload
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
