# /etc/cron.d/lxcdiag, on each node: mails problems that are new, worse, improved or resolved, and nothing if nothing has changed.
MAILTO=root
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
30 6 * * * root lxcdiag sweep health --node local --on-change
