#!/bin/bash
set -e
SERVICE=app
pct push 958 units/app.service "/etc/systemd/system/$SERVICE.service"
pct exec 958 -- bash -ec 'test -s "/etc/systemd/system/$1.service"; systemctl enable "$1"' bash "$SERVICE"
#? pct exec 958 -- systemctl is-enabled app
