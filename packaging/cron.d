# /etc/cron.d/lxcdiag: mails what is new, worse, better or gone, and nothing where nothing changed.
MAILTO=root
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
30 6 * * * root lxcdiag sweep health --all --on-change
