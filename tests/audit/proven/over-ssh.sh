#!/bin/bash
NODE=pve2
ssh "root@$NODE" "pct push 958 units/app.service /etc/systemd/system/"
#= error push-directory 3
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
