#!/bin/bash
pct stop 958
pct push 958 units/app.conf /etc/app.conf && echo pushed
#= error push-before-start 3
#? pct start 958; pct exec 958 -- sh -c 'until systemctl is-system-running | grep -Eq "running|degraded"; do sleep 0.1; done'; ! pct exec 958 -- test -s /etc/app.conf
