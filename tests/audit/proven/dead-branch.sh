#!/bin/bash
pct exec 958 -- mkdir -p /etc/app.conf
if ! pct push 958 units/app.conf /etc/app.conf/; then
  pct exec 958 -- rmdir /etc/app.conf
  exit 1
fi
#= error push-directory 3
#= warning push-error-branch-dead 3
#? pct exec 958 -- test -d /etc/app.conf
