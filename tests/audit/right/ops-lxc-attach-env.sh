#!/bin/bash
set -e
APP=web
lxc-attach -n 120 -v APP="$APP" -- bash -c 'printf "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n" >"/etc/systemd/system/$APP.service"; systemctl enable --now "$APP.service"'
