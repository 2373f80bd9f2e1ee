#!/bin/bash
set -e
pct push 958 "units/*.conf" /etc/app.conf
#= error push-glob 3
#? ! pct exec 958 -- test -s /etc/app.conf
