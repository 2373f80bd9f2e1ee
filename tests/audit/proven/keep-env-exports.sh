#!/bin/bash
set -e
export SERVICE=app
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- sh -ec 'test -s "/etc/systemd/system/$SERVICE.service"; systemctl enable "$SERVICE"'
#? pct exec 958 -- systemctl is-enabled app
