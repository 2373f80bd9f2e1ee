#!/bin/bash
set -e
CT=211
run() { echo "+ $*" >&2; "$@"; }
retry() {
  local tries=$1; shift
  local n
  for ((n = 0; n < tries; n++)); do
    "$@" && return 0
    sleep 2
  done
  return 1
}
in_ct() { pct exec "$CT" -- "$@"; }
put() {
  pct push "$CT" "$1" "$2"
}
run pct push "$CT" units/web.service /etc/systemd/system/
retry 3 pct push "$CT" -r units /opt/units
put web.conf /etc/
in_ct systemctl enable web-ui.service
sudo timeout 30 pct push "$CT" worker.service /etc/systemd/system/sub/worker.service
nice -n 5 /usr/sbin/pct exec $CT systemctl --now enable worker.service
#= error push-directory 16
#= error push-directory 18
#= error push-arguments 19
#= error exec-dash-without-separator 23
#= warning push-missing-parent 22
