#!/bin/bash
# copies with tee, base64, lxc-attach
set -e
ID=702
base64 -w0 app.service | pct exec $ID -- bash -c 'base64 -d > /etc/systemd/system/app.service'
pct exec $ID -- systemctl enable app
lxc-attach -n $ID -- sh -c "cat > /etc/systemd/system/b.service" < b.service
lxc-attach -n $ID -- systemctl enable b
tar -C units -cf - . | lxc-attach -n $ID -- tar -C /etc/systemd/system -xf -
lxc-attach -n $ID -- systemctl enable c d
pct exec $ID -- wget -qO /etc/systemd/system/e.service https://example.org/e.service
pct exec $ID -- systemctl enable e
pct exec $ID -- bash -c "cd /etc/systemd/system && curl -fsSLO https://example.org/f.service && systemctl enable f"
pct exec $ID -- curl -o /etc/systemd/system/g.service https://example.org/g
pct exec $ID -- systemctl enable g
pct exec $ID -- dpkg -i /root/h.deb
pct exec $ID -- systemctl enable h
pct exec $ID -- cp -r /opt/units/. /etc/systemd/system/
pct exec $ID -- systemctl enable i
pct exec $ID -- ln -s /opt/j/j.service /etc/systemd/system/
pct exec $ID -- systemctl enable j
pct exec $ID -- systemctl enable /opt/k/k.service
pct exec $ID -- bash -c 'echo "$1" > "/etc/systemd/system/$2"' _ "$(cat l.service)" l.service
pct exec $ID -- systemctl enable l
