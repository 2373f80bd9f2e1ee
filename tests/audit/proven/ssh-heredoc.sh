#!/bin/bash
ssh root@pve2 <<'REMOTE'
pct push 958 units/app.service /etc/systemd/system/
REMOTE
#= error push-directory 3
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
