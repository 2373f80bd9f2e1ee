#!/bin/bash
pct push 958 units/* /root/app.service || { echo refused >&2; exit 1; }
#= warning push-error-branch-dead 2
#= warning push-glob 2
#? ! pct exec 958 -- test -s /root/app.service
