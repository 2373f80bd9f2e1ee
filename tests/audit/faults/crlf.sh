#!/bin/bash
set -e
pct push 240 units/ /etc/systemd/system/
pct exec 240 -- bash -c "cat > /etc/systemd/system/a.service <<EOF
[Service]
ExecStart=/bin/a
EOF"
pct exec 240 -- systemctl enable a
#= error push-directory 3
#= warning no-install-section 8
