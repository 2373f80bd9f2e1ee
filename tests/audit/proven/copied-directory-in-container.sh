#!/bin/bash
set -e
tar -C units -czf units.tgz .
pct push 958 units.tgz /root/units.tgz
pct exec 958 -- sh -ec 'mkdir -p /root/u && tar -xzf /root/units.tgz -C /root/u && cp /root/u/*.service /etc/systemd/system/'
pct exec 958 -- systemctl enable app
#? pct exec 958 -- systemctl is-enabled app
