#!/bin/bash
set -e
ls units | xargs -I{} pct push 270 units/{} /etc/systemd/system/
find units -name '*.service' -exec pct push 270 {} /opt/ \;
printf '%s\n' 271 272 | xargs -n1 -I CT pct exec CT bash -c 'systemctl restart ssh'
ls units/*.service | xargs -P8 -I@ pct push 273 @ /etc/systemd/system/x.service
pct exec 273 -- systemctl enable x.service
#= error push-directory 3
#= error push-directory 4
#= error exec-dash-without-separator 5
#= warning push-background 6
