#!/bin/bash
set -e
CT=310
pct create $CT local:vztmpl/debian-12.tar.zst --start 1
until pct exec $CT -- ping -c1 deb.debian.org; do sleep 1; done
pct exec $CT -- apt-get update
pct exec $CT -- apt-get install -y nginx postgresql bind9
pct exec $CT -- systemctl enable --now nginx postgresql named
pct push $CT site /etc/nginx/sites-available/site
pct exec $CT -- useradd -m app
pct push $CT profile /home/app/.profile
pct exec $CT -- npm install -g pm2
pct exec $CT -- systemctl enable pm2-root
