#!/bin/bash
set -e
pct push 120 app.service /etc/systemd/system/app.service
pct exec 120 -- test -s /etc/systemd/system/app.service
set +e
pct exec 120 -- systemctl is-active --quiet app.service
active=$?
set -e
if [ $active -ne 0 ]; then pct exec 120 -- systemctl enable --now app.service; fi
