#!/bin/bash
set -e
SERVICE=app
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- env SERVICE="$SERVICE" bash -ec 'test -s "/etc/systemd/system/$SERVICE.service" && systemctl enable "$SERVICE"'
#? pct exec 958 -- systemctl is-enabled app
