#!/bin/bash
set -e
CT=120
if ! pct push "$CT" app.conf /etc/app.conf || ! pct exec "$CT" -- test -s /etc/app.conf; then
  echo "push failed" >&2
  exit 1
fi
