#!/bin/bash
retry() { local n=$1; shift; until "$@"; do n=$((n - 1)); [ "$n" -gt 0 ] || return 1; done; }
put() { retry 3 pct push 958 "$1" "$2"; }
put units/app.service /etc/systemd/system/
#= error push-directory 3
#= warning push-error-branch-dead 3
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
