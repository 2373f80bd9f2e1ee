#!/bin/bash
bash -c 'sudo -n true 2>/dev/null; timeout 20 env LC_ALL=C pct push 958 units/app.service /etc/systemd/system/'
#= error push-directory 2
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
