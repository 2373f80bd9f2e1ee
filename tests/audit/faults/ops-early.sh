#!/bin/bash
set -e
pct exec 120 -- bash -c "
name=app
printf '[Service]\nExecStart=/bin/true\n' >/etc/systemd/system/$name.service
systemctl start $name.service
"
#= error expanded-too-early 5
#= error expanded-too-early 6
