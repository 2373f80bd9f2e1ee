#!/bin/bash
ls units/*.service | xargs -I{} pct push 958 {} /etc/systemd/system/
#= error push-directory 2
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
