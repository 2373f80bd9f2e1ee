#!/bin/bash
set -e
ID=160
create() {
  pct create "$ID" "$1" --unprivileged 1
}
boot() {
  pct start "$ID"
  while ! pct exec "$ID" -- test -S /run/systemd/private; do sleep 0.2; done
}
install_unit() {
  pct push "$ID" "$1" "/etc/systemd/system/$1"
  pct exec "$ID" -- test -s "/etc/systemd/system/$1" || { echo "push of $1 failed" >&2; exit 1; }
}
main() {
  create local:vztmpl/debian-12.tar.zst
  boot
  install_unit app.service
  pct exec "$ID" -- systemctl enable --now app
  pct exec "$ID" -- systemctl enable --now systemd-resolved ssh cron
  sleep 5
  pct exec "$ID" -- systemctl is-active app
}
main "$@"
