#!/bin/bash
set -e
pct exec 958 -- bash -c 'install -d /srv/app/'
pct push 958 units/app.conf /srv/app
#= error push-directory 4
#? ! pct exec 958 -- test -s /srv/app/app.conf
