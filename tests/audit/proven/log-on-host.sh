#!/bin/bash
set -e
log=provision.log
pct push 958 units/app.service /etc/systemd/system/app.service >>"$log" 2>&1
pct exec 958 -- wc -c /etc/systemd/system/app.service >>"$log"
pct exec 958 -- systemctl enable app >>"$log" 2>&1
pct exec 958 -- systemctl status app >status.txt 2>&1 || true
#? pct exec 958 -- systemctl is-enabled app
