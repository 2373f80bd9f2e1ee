#!/bin/bash
set -e
pct shutdown 120 --timeout 60
pct snapshot 120 before
pct push 120 app.conf /etc/app.conf
pct start 120
#= error push-before-start 5
