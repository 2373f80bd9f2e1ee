#!/bin/bash
units='app.service'
for u in $units; do for d in /etc/systemd/system/; do {
  ( if true; then pct push 958 "units/$u" "$d"; fi )
}; done; done
#= error push-directory 4
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
