#!/bin/bash
CT=958
pct exec $CT mkdir -p /root/made/deep
#= error exec-dash-without-separator 3
#? ! pct exec 958 -- test -e /root/made/deep
