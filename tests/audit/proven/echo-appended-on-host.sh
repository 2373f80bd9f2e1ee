#!/bin/bash
pct exec 958 -- echo "[Service]" >/etc/systemd/system/app.service
pct exec 958 -- printf '%s\n' ExecStart=/bin/true >>/etc/systemd/system/app.service
#= error redirect-on-host 2
#= error redirect-on-host 3
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
