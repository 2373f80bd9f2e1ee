#!/bin/bash
set -e
name=my-app
pct exec 958 -- sh -c "cat >/etc/systemd/system/$name.service" <units/app.service
pct exec 958 -- systemctl enable "${name//-/_}"
#= error unit-name-mismatch 5
#? ! pct exec 958 -- systemctl is-enabled my_app
