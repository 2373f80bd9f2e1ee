#!/bin/bash
set -e
pct push 120 "units/*.service" /etc/systemd/system/app.service
lxc-attach -n 120 -- systemctl enable app.service
#= error push-glob 3
