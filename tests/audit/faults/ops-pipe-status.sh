#!/bin/bash
set -e
pct push 120 app.service /etc/systemd/system/app.service
pct exec 120 -- test -s /etc/systemd/system/app.service
pct exec 120 -- systemctl enable --now app.service 2>&1 | tee -a provision.log
#= warning error-swallowed 5
