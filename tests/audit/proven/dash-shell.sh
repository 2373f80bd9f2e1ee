#!/bin/bash
pct exec 958 bash -c 'mkdir /root/made'
#= error exec-dash-without-separator 2
#? ! pct exec 958 -- test -e /root/made
