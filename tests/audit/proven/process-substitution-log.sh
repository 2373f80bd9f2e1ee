#!/bin/bash
pct push 958 units/app.service /etc/systemd/system/ &> >(tee provision.log)
wait
#= error push-directory 2
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
