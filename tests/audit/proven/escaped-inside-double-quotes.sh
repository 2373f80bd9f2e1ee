#!/bin/bash
set -e
pct push 958 units/app.service /etc/systemd/system/app.service
pct exec 958 -- bash -ec "for u in app; do test -s /etc/systemd/system/\$u.service; systemctl enable \$u; done"
#? pct exec 958 -- systemctl is-enabled app
