#!/bin/bash
set -e
CTID=${CTID:-120}
case "${1:-}" in
  stop)
    pct stop "$CTID"
    exit 0
    ;;
  install)
    pct exec "$CTID" -- apt-get install -y nginx
    pct push "$CTID" site.conf /etc/nginx/sites-available/site.conf
    pct exec "$CTID" -- nginx -t
    pct exec "$CTID" -- systemctl reload nginx
    ;;
  restart)
    pct exec "$CTID" -- systemctl restart app.service
    ;;
  *)
    pct push "$CTID" app.service /etc/systemd/system/app.service
    pct exec "$CTID" -- stat /etc/systemd/system/app.service >/dev/null
    pct exec "$CTID" -- systemctl enable app.service
    ;;
esac
