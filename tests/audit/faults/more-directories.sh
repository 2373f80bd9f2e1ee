#!/bin/bash
set -e
CT=201
SRC=./units
mkdir -p build/units
pct push $CT build/units /opt/units
pct push $CT ./a.service /etc/systemd/system/.
pct push $CT "$PWD" /opt/x
pct push $CT ~/units/ /opt/y
DEST=$(dirname /etc/systemd/system/a.service)
pct push $CT a.service $DEST
install -d out; pct push $CT out /root/out
pct exec $CT -- install -d -m 755 /srv/app/etc
pct push $CT app.yml /srv/app/etc
pct push $CT app.yml /srv/app
pct push $CT a /home
for d in /etc/systemd/system /usr/lib/systemd/system; do pct push $CT b.service $d; done
push_units() { local dir="$1"; shift; for u in "$@"; do pct push $CT "$u" "$dir"; done; }
push_units /etc/systemd/system/ one.service two.service
#= error push-directory 6
#= error push-directory 7
#= error push-directory 8
#= error push-directory 9
#= error push-directory 11
#= error push-directory 12
#= error push-directory 14
#= error push-directory 15
#= error push-directory 16
#= error push-directory 17
#= error push-directory 18
