#!/bin/bash
# The package brings the unit to the container, and the operator ends `pct exec`.
set -e
pct exec 120 -- apt-get install -y nginx && systemctl enable --now nginx
pct exec 120 -- sh -c 'apt-get install -y redis-server && systemctl enable --now redis-server'
pct exec 120 -- hostname && systemctl restart smokeping
#= warning host-side-command 4
