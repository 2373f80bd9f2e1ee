#!/usr/bin/env bash
set -euo pipefail
CTID=${1:-603}
HERE=$(dirname "$(readlink -f "$0")")
STD="silent"
silent() { "$@" >>/var/log/install.log 2>&1; }
$STD pct push "$CTID" "$HERE/files/app.service" /etc/systemd/system/app.service
$STD pct exec "$CTID" -- systemctl daemon-reload
$STD pct exec "$CTID" -- systemctl enable --now app.service
if ! $STD pct exec "$CTID" -- systemctl is-active app; then exit 1; fi
pct exec "$CTID" -- bash -c "cat > /etc/systemd/system/b.service" <<-EOF
	[Unit]
	Description=b
	[Service]
	ExecStart=/bin/b
	EOF
pct exec "$CTID" -- systemctl enable b.service
pct exec "$CTID" -- systemctl start b.service && echo started
pct exec "$CTID" -- systemctl enable c.service | grep -q Created && echo ok
#= warning no-install-section 17
#= note push-unchecked 7
