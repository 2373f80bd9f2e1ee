#!/usr/bin/env bash
set -euo pipefail
CTID="${1:?container}"
SRC="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
STAGE=$(mktemp -d)
UNIT_DIR=/etc/systemd/system

pct exec "$CTID" -- mkdir -p /opt/app/conf
pct push "$CTID" "$SRC/app.service" "$UNIT_DIR"
pct push "$CTID" "$SRC/app.conf" /opt/app/conf
pct push "$CTID" "$STAGE" /opt/app/stage
pct push "$CTID" "$SRC" /opt/app/source
pct push "$CTID" "$SRC/app.conf" /usr/local/bin
pct push "$CTID" "$(dirname "$0")" /opt/app/here
#= error push-directory 9
#= error push-directory 10
#= error push-directory 11
#= error push-directory 12
#= error push-directory 13
#= error push-directory 14
