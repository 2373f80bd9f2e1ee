#!/bin/bash
CT=510
if pct push $CT keys /root/.ssh/authorized_keys; then
  echo "now: $(pct exec $CT -- ls -l /root/.ssh/authorized_keys)"
else
  echo "could not copy the keys" >&2
fi
pct push $CT a.conf /etc/a.conf || exit 1
size=$(pct exec $CT -- stat -c %s /etc/a.conf)
[ "$size" -gt 0 ] || exit 1
#= warning push-missing-parent 3
#= warning push-error-branch-dead 3
