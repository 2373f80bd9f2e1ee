#!/bin/bash
set -e
CTID=$1
for f in *.service; do
  pct push $CTID $f /etc/systemd/system/$f
  pct exec $CTID -- test -f /etc/systemd/system/$f
done
for f in *.service; do
  pct exec $CTID -- systemctl enable $(basename $f)
done
shopt -s nullglob
for unit in units/*.{service,timer}; do
  name=$(basename "$unit")
  pct push "$CTID" "$unit" "/etc/systemd/system/${name}" || { echo "push $name"; exit 1; }
  pct exec "$CTID" -- stat -c %s "/etc/systemd/system/${name}" > /dev/null || exit 1
done
