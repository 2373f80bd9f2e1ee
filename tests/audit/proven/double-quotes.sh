#!/bin/bash
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service || exit 1
pct exec 958 -- bash -c "unit=app; systemctl enable $unit" || exit 1
#= error expanded-too-early 4
#? ! pct exec 958 -- systemctl is-enabled app
