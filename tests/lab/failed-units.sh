# shellcheck shell=bash disable=SC2016,SC2154 # text in single quotes is for the shell in the container
# The states of failed units that record-states records. Sourced by it, after faults.sh.

unit_failed_active() { service app '[Service]' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_oneshot() { service app '[Service]' 'Type=oneshot' 'ExecStart=/bin/true'; start app; }
unit_failed_missing() {
    service app '[Service]' 'Type=exec' 'ExecStart=/opt/app/server --port 80' 'Restart=on-failure' 'RestartSec=50ms'
    start app
    sleep 2
}
unit_failed_bare_name() { service app '[Service]' 'Type=exec' 'ExecStart=server --port 80'; start app; }
unit_failed_not_executable() {
    script 'mkdir -p /opt/app; printf "#!/bin/sh\nsleep infinity\n" >/opt/app/server'
    service app '[Service]' 'ExecStartPre=/opt/app/server' 'ExecStart=/bin/sleep infinity'
    start app
}
unit_failed_carriage_return() {
    script 'mkdir -p /opt/app; printf "#!/bin/sh\r\nsleep infinity\r\n" >/opt/app/server; chmod +x /opt/app/server'
    service app '[Service]' 'ExecStart=/opt/app/server'
    start app
    sleep 0.5
}
unit_failed_no_user() { service app '[Service]' 'User=app' 'Type=exec' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_no_directory() { service app '[Service]' 'WorkingDirectory=/srv/app' 'Type=exec' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_no_environment() { service app '[Service]' 'EnvironmentFile=/etc/default/app' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_namespace() { service app '[Service]' 'ReadWritePaths=/srv/app' 'Type=exec' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_port() {
    in_network ip link set lo up
    inside sh -c 'cat >/usr/local/bin/listen && chmod +x /usr/local/bin/listen' <<'EOF'
#!/usr/bin/perl
use IO::Socket::INET;
$socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8080", Listen => 1) or die "cannot bind to 127.0.0.1:8080: $!\n";
sleep;
EOF
    inside systemd-run -q --unit=other /usr/local/bin/listen
    sleep 0.5
    service app '[Service]' 'ExecStart=/usr/local/bin/listen' 'Restart=always' 'RestartSec=50ms'
    start app
    sleep 2
}
unit_failed_denied() {
    script 'install -m 0600 /dev/null /etc/app.conf; useradd -r app'
    service app '[Service]' 'User=app' 'ExecStart=/bin/cat /etc/app.conf'
    start app
    sleep 0.5
}
# A real server with a real fault in its configuration.
unit_failed_configuration() {
    script 'echo "<busconfig><listen>" >/etc/app.conf'
    service app '[Service]' 'ExecStart=/usr/bin/dbus-daemon --nofork --config-file=/etc/app.conf'
    start app
    sleep 0.5
}
unit_failed_disk() {
    in_mounts mount -t tmpfs -o size=1m data /var/tmp
    script 'head -c 2000000 /dev/zero >/var/tmp/blob 2>/dev/null || :'
    service app '[Service]' "ExecStart=/bin/sh -c 'head -c 9999 /dev/zero >/var/tmp/state && sleep infinity'"
    start app
    sleep 0.5
}
unit_failed_timeout() { service app '[Service]' 'Type=notify' 'TimeoutStartSec=1' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_starting() {
    service app '[Service]' 'Type=notify' 'TimeoutStartSec=infinity' 'ExecStart=/bin/sleep infinity'
    inside systemctl start --no-block app
    sleep 1
}
unit_failed_watchdog() { service app '[Service]' 'WatchdogSec=1' 'ExecStart=/bin/sleep infinity'; start app; sleep 2; }
unit_failed_killed() { service app '[Service]' 'ExecStart=/bin/sleep infinity'; start app; inside systemctl kill -s KILL app; sleep 0.5; }
unit_failed_dependency() {
    service base '[Service]' 'Type=exec' 'ExecStart=/opt/base/server'
    service app 'Requires=base.service' 'After=base.service' '[Service]' 'ExecStart=/bin/sleep infinity'
    start app
}
unit_failed_unsupported() {
    script "printf '[Swap]\nWhat=/app\n' >/etc/systemd/system/app.swap; systemctl daemon-reload; systemctl start app.swap || :"
}
unit_failed_trigger_limit() {
    service app '[Service]' 'Type=oneshot' 'ExecStart=/bin/true'
    script "printf '[Path]\nPathExists=/etc/passwd\n' >/etc/systemd/system/app.path; systemctl daemon-reload; systemctl start app.path"
    sleep 3
}
unit_failed_trigger_missing() {
    script "printf '[Socket]\nListenStream=/run/app\n' >/etc/systemd/system/app.socket; systemctl daemon-reload; systemctl start app.socket || :"
}
unit_failed_mount() {
    script "printf '[Mount]\nWhat=server:/app\nWhere=/srv/app\nType=nfs\n' >/etc/systemd/system/srv-app.mount; systemctl daemon-reload; systemctl start srv-app.mount || :"
}
unit_failed_forking() {
    inside sh -c 'cat >/opt/app && chmod +x /opt/app' <<'EOF'
#!/bin/sh
echo 'LOG:  unrecognized configuration parameter "shared_buffer" in file "/etc/app.conf" line 7' >&2
echo 'FATAL:  configuration file "/etc/app.conf" contains errors' >&2
sleep 0.2
EOF
    service app '[Service]' 'Type=forking' 'PIDFile=/run/app.pid' 'ExecStart=/opt/app'
    start app
    sleep 0.5
}
unit_failed_restarts() {
    service app 'StartLimitIntervalSec=0' '[Service]' 'Type=notify' 'Restart=always' \
        "ExecStart=/bin/sh -c 'sleep 3; echo Bad directive in line 7 >&2; sleep 0.2; exit 1'"
    inside systemctl start --no-block app
    script 'until [ "$(systemctl show -p NRestarts --value app)" = 2 ] && [ "$(systemctl show -p SubState --value app)" = start ]; do sleep 0.1; done'
}
unit_failed_silent_port() { unit_failed_port; }
unit_failed_silent_user() { unit_failed_no_user; }
unit_failed_condition() { service app 'ConditionPathExists=/etc/app.conf' '[Service]' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_masked() { inside systemctl -q mask app.service 2>/dev/null; start app; }
unit_failed_bad_file() { service app '[Service]' 'ExecStart=./server --port 80'; start app; }
unit_failed_absent() { start app; }
unit_failed_stopped() { service app '[Service]' 'ExecStart=/bin/sleep infinity'; start app; inside systemctl stop app; }
unit_failed_no_journal() { service app '[Service]' 'Type=exec' 'ExecStart=/opt/app/server'; start app; }
unit_failed_silent() { service app '[Service]' 'ExecStart=/bin/false'; start app; sleep 0.5; }
# What a program prints before it exits with this status.
says() {  # STATUS TEXT
    script "mkdir -p /opt/app; printf '#!/bin/sh\necho \"$2\" >&2\nexit $1\n' >/opt/app/server; chmod +x /opt/app/server"
    service app '[Service]' 'ExecStart=/opt/app/server'
    start app
    sleep 0.5
}
unit_failed_own_status() { says 226 'the store is locked'; }
unit_failed_limit() { says 1 'Error: ENOSPC: System limit for number of file watchers reached'; }
unit_failed_library() { says 127 'server: error while loading shared libraries: libapp.so.1: cannot open shared object file: No such file or directory'; }
unit_failed_name_lookup() { says 1 'app: [emerg] host not found in upstream core.example'; }
unit_failed_exits() { service app '[Service]' 'ExecStart=/bin/true'; start app; sleep 0.5; }
unit_failed_called() { service app '[Service]' "ExecStart=/bin/sh -c 'app-worker --once'"; start app; sleep 0.5; }
unit_failed_stop_timeout() {
    service app '[Service]' 'TimeoutStopSec=1' "ExecStart=/bin/sh -c 'trap : TERM; while :; do sleep 1; done'"
    start app
    sleep 0.5
    inside systemctl stop app || :
}
unit_failed_crash_loop() {
    service app 'StartLimitIntervalSec=0' '[Service]' 'Restart=always' 'RestartSec=50ms' "ExecStart=/bin/sh -c 'sleep 2; exit 3'"
    start app
    sleep 9
}
unit_failed_late_account() {
    service app '[Service]' 'User=app' 'Type=exec' 'ExecStart=/bin/sleep infinity'
    start app
    script 'useradd -r app'
}
unit_failed_stale() {
    service app '[Service]' 'User=app' 'Type=exec' 'ExecStart=/bin/sleep infinity'
    start app
    sleep 1
    script 'sed -i /^User=/d /etc/systemd/system/app.service'
}
unit_failed_terminal() {
    service app '[Service]' 'Type=exec' 'StandardInput=tty' 'TTYPath=/dev/lxc/tty9' 'ExecStart=/bin/sleep infinity'
    start app
}
unit_failed_waiting() {
    service slow '[Service]' 'Type=oneshot' 'ExecStart=/bin/sleep 500'
    service app 'After=slow.service' '[Service]' 'ExecStart=/bin/sleep infinity'
    inside systemctl start --no-block slow app
}
unit_failed_assert() { service app 'AssertPathExists=/etc/app.conf' '[Service]' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_cycle() {
    service base 'Requires=app.service' 'After=app.service' '[Service]' 'ExecStart=/bin/sleep infinity'
    service app 'Requires=base.service' 'After=base.service' '[Service]' 'ExecStart=/bin/sleep infinity'
    start app
}
unit_failed_reset() {
    script 'mkdir -p /run/systemd/system/service.d; printf "[Service]\nLoadCredential=\n" >/run/systemd/system/service.d/zzz.conf'
    service app '[Service]' 'LoadCredential=key:/etc/hostname' "ExecStart=/bin/sh -c 'cat \$CREDENTIALS_DIRECTORY/key'"
    start app
    sleep 0.5
}
unit_failed_device() { says 1 'ERROR: Cannot open TUN/TAP dev /dev/net/tun: No such file or directory (errno=2)'; }
unit_failed_module() { says 1 'modprobe: FATAL: Module wireguard not found in directory /lib/modules/6.8.12-4-pve'; }
unit_failed_forbidden() {
    service app '[Service]' 'PrivateNetwork=yes' "ExecStart=/bin/bash -c 'exec 3<>/dev/tcp/192.0.2.1/80'"
    start app
    sleep 0.5
}
unit_failed_late_path() {
    service app '[Service]' 'WorkingDirectory=/srv/app' 'Type=exec' 'ExecStart=/bin/sleep infinity'
    start app
    inside mkdir /srv/app
}
unit_failed_hidden() {
    script 'mkdir -p /home/app; cp /bin/sleep /home/app/'
    service app '[Service]' 'ProtectHome=yes' 'Type=exec' 'ExecStart=/home/app/sleep infinity'
    start app
}
unit_failed_no_exec() { service app '[Service]' 'NoExecPaths=/' 'Type=exec' 'ExecStart=/bin/sleep infinity'; start app; }
unit_failed_step() { service app '[Service]' 'StandardInput=file:/srv/absent' 'Type=exec' 'ExecStart=/bin/cat'; start app; }
unit_failed_late_name() {
    says 1 'app: [emerg] host not found in upstream late.example'
    script 'echo 127.0.0.3 late.example >>/etc/hosts'
}
unit_failed_ignored() { service app '[Service]' 'WorkingDir=/srv' "ExecStart=/bin/sh -c 'exit 3'"; start app; sleep 0.5; }
unit_failed_address() { says 1 'bind to 192.0.2.77:80: Cannot assign requested address'; }
unit_failed_read_only() { service app '[Service]' 'ProtectSystem=strict' 'ExecStart=/usr/bin/touch /var/lib/app'; start app; sleep 0.5; }
unit_failed_peer() { service app '[Service]' "ExecStart=/bin/bash -c 'exec 3<>/dev/tcp/127.0.0.1/5432'"; start app; sleep 0.5; }
unit_failed_absent_file() { service app '[Service]' 'ExecStart=/bin/cat /etc/app.conf'; start app; sleep 0.5; }
unit_failed_memory() { says 1 'app: cannot fork: Cannot allocate memory'; }
unit_failed_runtime() { service app '[Service]' 'RuntimeMaxSec=1' 'ExecStart=/bin/sleep infinity'; start app; sleep 3; }
unit_failed_filter() { service app '[Service]' 'SystemCallFilter=~uname' 'ExecStart=/bin/uname'; start app; sleep 0.5; }
unit_failed_start_limit() {
    service app '[Service]' 'ExecStart=/bin/sleep infinity'
    for _ in 1 2 3 4 5 6 7; do inside systemctl restart app 2>/dev/null || true; done
}
unit_failed_bound() {
    service base '[Service]' 'ExecStart=/bin/sleep infinity'
    service app 'BindsTo=base.service' 'After=base.service' '[Service]' 'ExecStart=/bin/sleep infinity'
    start app
    inside systemctl kill -s KILL base
    sleep 1
}
unit_failed_timer() {
    service app '[Service]' 'Type=oneshot' 'ExecStart=/bin/true'
    script 'printf "[Timer]\nOnCalendar=daily\n" >/etc/systemd/system/app.timer'
    start app.timer
}
unit_failed_no_systemd() { :; }
