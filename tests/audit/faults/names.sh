#!/bin/bash
set -e
for ct in 101 102; do
  pct push $ct backup.timer /etc/systemd/system/backup.timer
  pct exec $ct -- test -s /etc/systemd/system/backup.timer
done
pct exec 101 -- systemctl enable backup
pct exec 102 -- bash -c 'cat > /etc/systemd/system/queue-worker@.service' <<'UNIT'
[Service]
ExecStart=/usr/bin/worker %i
[Install]
WantedBy=multi-user.target
UNIT
pct exec 102 -- systemctl enable queue-worker
pct exec 102 -- systemctl enable queue-worker@a.service
pct exec 101 -- systemctl enable queue-worker@a.service
pct exec 102 -- systemctl enable Queue_Worker@b
#= error unit-name-mismatch 7
#= error unit-name-mismatch 14
#= error container-mismatch 16
#= error unit-name-mismatch 17
