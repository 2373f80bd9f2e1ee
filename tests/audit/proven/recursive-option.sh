#!/bin/bash
set -e
pct push 958 -r units /opt/app
#= error push-arguments 3
#? ! pct exec 958 -- test -e /opt/app
