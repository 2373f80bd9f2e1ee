#!/bin/bash
set -e
CT=290
if [ -n "$FRESH" ]; then
  pct exec $CT -- systemctl enable app
  pct push $CT app.service /etc/systemd/system/app.service
else
  pct push $CT app.service /etc/systemd/system/
fi
[ -d extra ] && pct push $CT extra/ /opt/extra
case $MODE in
  a) pct push $CT x -r /etc/x ;;
  b) pct exec $CT mkdir -p /y ;;
esac
#= error enable-before-push 5
#= error push-directory 8
#= error push-directory 10
#= error push-arguments 12
#= error exec-dash-without-separator 13
