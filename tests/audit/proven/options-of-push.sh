#!/bin/bash
set -e
pct push 958 units/app.conf /usr/local/bin/app-run --perms 0755 -user root --group=root
pct exec 958 -- test -x /usr/local/bin/app-run
#? pct exec 958 -- sh -c 'test -x /usr/local/bin/app-run'
