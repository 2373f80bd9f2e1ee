#!/bin/bash
set -e
pct push 958 'units/worker@.service' '/etc/systemd/system/worker@.service'
pct exec 958 -- test -s '/etc/systemd/system/worker@.service'
for i in 1 2; do pct exec 958 -- systemctl enable "worker@$i"; done
#? pct exec 958 -- systemctl is-enabled worker@1
