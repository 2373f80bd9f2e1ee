#!/bin/bash
set -e
pct push 900 a.conf /etc/a.conf --perms 644 -user root -group=root
pct push 900 --perms 0644 -- a.conf /etc/b.conf
pct push 900 a.conf /etc/c.conf --mode 644
pct push 900 a.conf
pct push 900 a.conf b.conf /etc/d
pct push 900 "conf/*.conf" /etc/e.conf
pct push 900 conf/*.conf /etc/f.conf
pct push 900 a.conf /etc/g.conf --recursive || exit 1
pct exec 900 apt-get install -y nginx
pct exec 900 --keep-env 0 -- ls -l /
pct exec 900 ip a
#= error push-arguments 5
#= error push-arguments 6
#= error push-arguments 7
#= error push-glob 8
#= error exec-dash-without-separator 11
#= warning push-glob 9
#= warning push-arguments 10
