#!/bin/bash
set -euo pipefail
CT=120
cleanup() { rc=$?; if [ $rc -ne 0 ]; then pct stop $CT || true; pct destroy $CT || true; fi; exit $rc; }
trap cleanup EXIT
pct create $CT local:vztmpl/debian-12.tar.zst --hostname a --unprivileged 1
pct start $CT
while ! pct exec $CT -- systemctl is-system-running 2>/dev/null | grep -Eq 'running|degraded'; do sleep 1; done
pct push $CT app.service /etc/systemd/system/app.service
pct exec $CT -- test -s /etc/systemd/system/app.service
pct exec $CT -- systemctl enable --now app.service
