#!/bin/bash
set -e
failed() { pct exec 958 -- systemctl disable app; }
trap failed ERR
trap 'pct exec 958 -- rm -f /root/app.tmp' EXIT
pct push 958 units/app.service /root/app.tmp
pct exec 958 -- cp /root/app.tmp /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
