#!/bin/bash
set -e
pct start 801
pct push 801 seed.tar /tmp/seed.tar
pct start 802
pct exec 802 -- systemctl restart ssh
pct create 803 local:vztmpl/debian-12.tar.zst --rootfs local-lvm:4 --start=1
lxc-attach -n 803 -- systemctl daemon-reload
pct reboot 804
sleep 10
pct exec 804 -- apt-get update
#= warning exec-before-systemd-ready 6
#= warning exec-before-systemd-ready 8
#= note push-to-tmp-at-boot 4
#= note sleep-as-synchronisation 10
