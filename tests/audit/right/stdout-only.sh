#!/bin/bash
set -e
exec > >(tee -a /var/log/provision.log) 2>&1
CT=150
pct push $CT a.conf /etc/a.conf >/dev/null
pct push $CT b.conf /etc/b.conf 2>>/var/log/push.log
pct push $CT c.conf /etc/c.conf 2>&1 >/dev/null
pct exec $CT -- cat /etc/systemd/system/old.service > /root/old.service.bak
pct exec $CT -- journalctl -b > /var/log/ct150.log
pct exec $CT -- systemctl stop old || true
pct exec $CT -- systemctl disable old.service 2>/dev/null || :
pct exec $CT ip a
rm -f c.conf
