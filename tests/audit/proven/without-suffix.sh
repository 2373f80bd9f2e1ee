#!/bin/bash
set -e
unit=app
pct push 958 "units/$unit.service" "/etc/systemd/system/$unit"
pct exec 958 -- systemctl enable "$unit"
#= error push-outside-unit-path 4
#? ! pct exec 958 -- systemctl is-enabled app
