#!/bin/bash
set -e
CT=$(pvesh get /cluster/nextid)
pct create $CT local:vztmpl/debian-12.tar.zst --hostname app --rootfs local-lvm:4
pct push $CT app.conf /etc/app.conf
pct start $CT
pct exec $CT -- mkdir -p /etc/systemd/system/app
pct push $CT app.service /etc/systemd/system/app
pct exec $CT -- systemctl enable app.service
pct push $CT job.service /etc/systemd/system/multi-user.target.wants/job.service
pct exec $CT -- systemctl enable job.service
#= error push-before-start 5
#= error push-directory 8
#= error push-outside-unit-path 10
