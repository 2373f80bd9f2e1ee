#!/bin/bash
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- ls -l /etc/systemd/system/app.service || exit 1
if pct exec 958 -- systemctl daemon-reload; then systemctl enable --now app.service; fi
#= error host-side-command 4
#? ! pct exec 958 -- systemctl is-enabled app
