#!/bin/bash
set -e
CT=260
pct exec $CT -- bash -c "
  echo one

  systemctl enable a || true
  systemctl start a | cat
"
pct exec $CT -- bash -s <<'EOF'
echo two
systemctl restart b || :
EOF
SCRIPT='echo three
systemctl restart c || true'
pct exec $CT -- bash -c "$SCRIPT"
pct exec $CT -- bash -c "echo four \
  && systemctl restart d || true"
#= warning error-swallowed 7
#= warning error-swallowed 8
#= warning error-swallowed 12
#= warning error-swallowed 15
#= warning error-swallowed 18
