#!/bin/bash
set -e
CT=958
pct push units/app.conf "$CT:/root/app.conf"
#= error push-arguments 4
#? ! pct exec 958 -- test -e /root/app.conf
