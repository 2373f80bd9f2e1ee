#!/bin/bash
# two phases selected by argument
set -e
ct=140
phase_push() { pct push $ct svc.service /etc/systemd/system/svc.service; pct exec $ct -- test -s /etc/systemd/system/svc.service; }
phase_enable() { pct exec $ct -- systemctl enable svc; }
if [ "$1" = --enable-only ]; then
  phase_enable
  exit 0
fi
phase_push
phase_enable
if pct status $ct | grep -q stopped; then
  pct start $ct
  while [ "$(pct exec $ct -- systemctl is-system-running)" != running ]; do sleep 1; done
fi
pct push $ct conf /etc/conf
