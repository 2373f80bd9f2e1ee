#!/bin/bash
set -e
pct push 958 'units/worker@.service' '/etc/systemd/system/worker@.service'
pct exec 958 -- stat -c %s '/etc/systemd/system/worker@.service'
pct exec 958 -- systemctl enable worker
#= error unit-name-mismatch 5
#? ! pct exec 958 -- systemctl is-enabled worker
