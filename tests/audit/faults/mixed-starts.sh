#!/bin/bash
set -e
ID=404
pct stop $ID || true
pct set $ID -mp0 /srv,mp=/srv
pct start $ID && pct exec $ID -- systemctl restart ssh
pct stop $ID; pct start $ID
pct exec $ID -- bash -c 'until systemctl is-system-running; do sleep 1; done; systemctl enable ssh'
pct reboot $ID; sleep 1
pct push $ID z /tmp/z
pct start 405
ping -c 3 10.0.0.5
pct exec 405 -- hostname
pct exec 405 -- systemctl enable ssh
if ! pct status 406 | grep -q running; then pct start 406; fi
pct push 406 q /root/q
pct create 407 t --password x -start $START
pct push 407 q /root/q
create() { [ -e /etc/pve/lxc/$1.conf ] || pct create $1 t; }
create 408
pct push 408 q /root/q
#= warning exec-before-systemd-ready 6
#= note sleep-as-synchronisation 9
