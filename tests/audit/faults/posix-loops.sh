#!/bin/sh
CT=602
set -e
for s in one two three; do
	pct push $CT "$s.service" "/etc/systemd/system/$s.service"
done
pct exec $CT -- systemctl daemon-reload
for s in one tow three; do
	pct exec $CT -- systemctl enable "$s"
done
UNITS="one.service two.service"
for u in $UNITS; do pct exec $CT -- test -s "/etc/systemd/system/$u"; done
pct exec $CT -- systemctl enable $UNITS
pct push $CT x.service /etc/systemd/system/x.service.d/
pct push $CT "$(ls units/*.service | head -1)" /etc/systemd/system/y.service
#= error unit-name-mismatch 9
#= error push-directory 14
#= note push-unchecked 5
