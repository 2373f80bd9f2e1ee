#!/bin/bash
set -e
pct push 958 units/app.conf /usr/local/bin/app --mode 755
#= error push-arguments 3
#? ! pct exec 958 -- test -e /usr/local/bin/app
