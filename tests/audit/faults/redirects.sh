#!/bin/bash
set -e
CTID=$(pvesh get /cluster/nextid)
write_unit() {
  pct exec "$CTID" -- cat
}
pct exec "$CTID" -- cat > /etc/systemd/system/one.service <<'UNIT'
[Service]
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
UNIT
pct exec "$CTID" -- echo "[Unit]" >> /lib/systemd/system/two.service
lxc-attach -n "$CTID" -- printf '%s\n' '[Unit]' > /etc/systemd/system/three.service
write_unit > /etc/systemd/system/four.service < four.service
#= error redirect-on-host 7
#= error redirect-on-host 13
#= error redirect-on-host 14
#= error redirect-on-host 15
