#!/bin/bash
set -e
exec &> >(tee -a /var/log/x.log)
choose() {
  select ct in 101 102; do
    break
  done
  kind=$(case $ct in
    101) echo a;;
    *) echo b;;
  esac)
}
choose
pct push 250 units/ /etc/systemd/system/
if x; fi
pct push 250 'units/*.service' /etc/a
#= error push-directory 14
#= error push-glob 16
