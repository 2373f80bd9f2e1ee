#!/bin/bash
set -e
CT=120
UNITS=(web worker)
for u in "${UNITS[@]}"; do pct push $CT $u.service /etc/systemd/system/$u; done
for u in "${UNITS[@]}"; do pct exec $CT -- systemctl enable $u; done
#= error push-outside-unit-path 5
