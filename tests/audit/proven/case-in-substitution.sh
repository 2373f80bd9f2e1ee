#!/bin/bash
kind=$(case $0 in *.sh) echo shell;; *) echo other;; esac)
exec 3> >(cat >/dev/null)
echo "$kind" >&3
pct push 958 units/app.service /etc/systemd/system/
#= error push-directory 5
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
