#!/bin/bash
find units -name 'app.service' -exec pct push 958 {} /etc/systemd/system/ \;
#= error push-directory 2
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
