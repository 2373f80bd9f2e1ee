#!/bin/bash
set -e
ID=403
pct push $ID a.service /etc/systemd/system/a.service &
P=$!
do_other_things
wait $P
pct exec $ID -- systemctl enable a
( pct push $ID b.service /etc/systemd/system/b.service; pct push $ID c.service /etc/systemd/system/c.service ) &
sleep 5
pct exec $ID -- systemctl enable b c
deploy() { pct push $ID "$1" "/etc/systemd/system/$1"; pct exec $ID -- systemctl enable "$1"; }
for u in d.service e.service; do deploy $u & done; wait
nohup pct push $ID f.service /etc/systemd/system/f.service >/dev/null 2>&1 &
until pct exec $ID -- test -s /etc/systemd/system/f.service; do sleep 1; done
pct exec $ID -- systemctl enable f
for u in g h; do pct push $ID $u.service /etc/systemd/system/$u.service & jobs+=($!); done
wait "${jobs[@]}"
pct exec $ID -- systemctl enable g h
#= warning push-background 9
#= note push-unchecked 4
#= note push-unchecked 12
#= note push-unchecked 17
