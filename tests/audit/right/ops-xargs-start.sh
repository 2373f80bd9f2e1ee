#!/bin/bash
set -e
printf '%s\n' 101 102 103 | xargs -n1 pct start
for ct in 101 102 103; do
  pct exec "$ct" -- true
  pct exec "$ct" -- systemctl restart ssh
done
