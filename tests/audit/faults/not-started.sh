#!/bin/bash
set -e
CT=207
pct create $CT local:vztmpl/x.tar.zst
pct push $CT a /etc/a
pct start $CT
pct exec $CT -- systemctl enable foo
pct shutdown $CT && pct push $CT b /etc/b
pct start $CT
pct push $CT seed /tmp/seed
pct clone 900 208 --full
pct push 208 a /etc/a
pct start 208
sleep 3
pct exec 208 -- systemctl daemon-reload
pct create 209 t --start 1
pct exec 209 -- bash -c 'systemctl enable bar'
pct stop 210
pct exec 211 -- true
pct push 210 x /etc/x
#= error push-before-start 5
#= error push-before-start 8
#= error push-before-start 12
#= error push-before-start 20
#= warning enable-without-push 7
#= warning exec-before-systemd-ready 7
#= warning enable-without-push 17
#= warning exec-before-systemd-ready 17
#= note push-to-tmp-at-boot 10
#= note sleep-as-synchronisation 14
