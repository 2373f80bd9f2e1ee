#!/bin/bash
set -eu
CT=958
deploy() {
  case "$1" in
    *.service) pct push "$CT" "units/$1" /etc/systemd/system ;;
    *.conf) pct push "$CT" "units/$1" "/etc/$1" ;;
  esac
}
deploy app.service
deploy app.conf
#= error push-directory 6
#? ! pct exec 958 -- test -e /etc/systemd/system/app.service
