#!/bin/bash
set -e
lxc-attach -n 958 -- sh -c 'cat >/etc/systemd/system/app.service' <units/app.service
lxc-attach -n 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
