#!/bin/bash
set -e
pct push 958 units/app.conf /opt/app/etc/app.conf
#= warning push-missing-parent 3
#? ! pct exec 958 -- test -e /opt/app/etc/app.conf
