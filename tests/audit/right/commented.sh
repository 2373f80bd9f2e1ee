#!/bin/bash
set -e
CT=350 # the container
: <<'DOC'
pct push 350 units/ /etc/systemd/system/
DOC
if false; then :; fi
log() { printf '%s %s\n' "$(date +%T)" "$*"; }
log "pct exec $CT systemctl -q restart x"
pct exec "$CT" -- bash -c "echo 'systemctl enable nothing || true' > /root/notes"
pct exec "$CT" -- systemctl restart ssh 2>/dev/null || log "restart failed"
pct push "$CT" a.conf "/etc/a.conf"  # no trailing slash
