#!/bin/bash
set -e
CT=206
pct exec $CT bash -c 'x'
pct exec $CT ls -la
pct exec $CT apt-get -y install nginx
pct exec $CT systemctl -q enable nginx
pct exec $CT -- ls -la
pct exec $CT --keep-env=0 -- ls -la
pct exec $CT -keep-env 1 ls
CMD="tail -n 5 /x"
pct exec $CT $CMD
timeout 5 pct exec $CT sh -c y
#= error exec-dash-without-separator 4
#= error exec-dash-without-separator 5
#= error exec-dash-without-separator 6
#= error exec-dash-without-separator 7
#= error exec-dash-without-separator 12
#= error exec-dash-without-separator 13
