#!/bin/bash
set -eu
sources=(units/app.conf units/app.service)
targets=(/etc/app.conf /etc/systemd/system/)
for i in "${!sources[@]}"; do
  pct push 958 "${sources[$i]}" "${targets[i]}"
done
#= error push-directory 6
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
