#!/bin/bash
SERVICE=app
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service || exit 1
pct exec 958 -- bash -c 'systemctl enable "$SERVICE.service"' || exit 1
#= error variable-lost 5
#? ! pct exec 958 -- systemctl is-enabled app
