#!/bin/bash
pct exec 958 -- systemctl start app.service || echo later >&2
pct exec 958 -- tee /etc/systemd/system/app.service <units/app.service >/dev/null
#= error enable-before-push 2
#? pct exec 958 -- test -s /etc/systemd/system/app.service
