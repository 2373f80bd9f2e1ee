# Functions that break a container of the lab. They need `lab`, `pct`, `id` (of the container) and LXCDIAG_HOST_ROOT.
# shellcheck shell=bash disable=SC2154 # text in single quotes is for the shell in the container

inside() { "$lab" exec "$id" "$@"; }
script() { inside sh -euc "$1"; }
# A service of these lines; those before a line `[Service]` belong to [Unit].
service() {
    local name=$1
    shift
    { printf '[Unit]\nDescription=%s\n' "$name"; printf '%s\n' "$@"; } |
        inside sh -c "cat >/etc/systemd/system/$name.service && systemctl daemon-reload"
}
start() { inside systemctl start "$1" 2>/dev/null || true; }
namespaces_of() { lxc-info -n "$id" -pH; }
in_mounts() { nsenter -t "$(namespaces_of)" -m -- "$@"; }
in_user_namespace() { nsenter -t "$(namespaces_of)" -U -- "$@"; }
in_network() { nsenter -t "$(namespaces_of)" -n -- "$@"; }
configuration() { echo "$LXCDIAG_HOST_ROOT/etc/pve/nodes/pve1/lxc/$id.conf"; }

interface() {  # its address, or nothing
    ip link add "lab$id" type veth peer name eth0 netns "$(namespaces_of)"
    ip link set "lab$id" up
    in_network ip link set eth0 up
    [ -z "$1" ] || in_network ip address add "$1" dev eth0
}

# An interface with an address and a default route.
connected() {
    interface 192.0.2.10/24
    in_network ip link set lo up
    in_network ip route add default via 192.0.2.1
}

# Name servers in the container that answer with a code: 0 is no error, 2 a failure, 5 a refusal.
name_server() {  # ADDRESS CODE
    inside sh -c 'cat >/usr/local/bin/answer' <<'PERL'
use IO::Socket::INET;
my ($address, $code) = @ARGV;
my $socket = IO::Socket::INET->new(Proto => "udp", LocalAddr => "$address:53") or die "$!";
while (my $peer = $socket->recv(my $query, 512)) {
    $socket->send(substr($query, 0, 2) . "\x81" . chr(0x80 + $code) . substr($query, 4), 0, $peer);
}
PERL
    inside systemd-run -q perl /usr/local/bin/answer "$1" "$2"
    inside sh -c 'until grep -q ":0035 " /proc/net/udp; do sleep 0.1; done'
}

# A minute less, so that the whole days do not depend on how soon somebody looks.
certificate() {  # DAYS until it expires, FILE in the container
    local file="/var/lib/lxc/$id/rootfs$2" directory
    directory=$(mktemp -d)
    printf '[ca]\ndefault_ca=a\n[a]\ndatabase=%s/index\nserial=%s/serial\nnew_certs_dir=%s\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
        "$directory" "$directory" "$directory" >"$directory/ca"
    : >"$directory/index"
    mkdir -p "$(dirname "$file")"
    openssl req -new -newkey rsa:2048 -nodes -keyout "$directory/key" -subj /CN=www.example -out "$directory/request" 2>/dev/null
    openssl ca -batch -selfsign -create_serial -notext -config "$directory/ca" -keyfile "$directory/key" -in "$directory/request" \
        -startdate 20200101000000Z -enddate "$(date -u -d "$1 days -1 minute" +%Y%m%d%H%M%SZ)" -out "$file" 2>/dev/null
    rm -r "$directory"
}

# A real error: ext4 remounts itself read-only.
file_system_error() {  # MOUNT POINT
    local image loop
    image=$(mktemp)
    truncate -s 16M "$image"
    mkfs.ext4 -q "$image"
    loop=$(losetup --show -f "$image")
    rm "$image"
    inside mkdir -p "$1"
    in_mounts mknod "$loop" b 7 "${loop#/dev/loop}"
    in_mounts mount -o errors=remount-ro "$loop" "$1"
    losetup -d "$loop"
    echo 1 >"/sys/fs/ext4/${loop#/dev/}/trigger_fs_error"
}

reboot() {
    "$pct" stop "$id"
    "$pct" start "$id"
    for _ in $(seq 100); do ! inside systemctl is-system-running 2>/dev/null | grep -Eqx 'running|degraded' || break; sleep 0.1; done
}

# eth0 of the container on a bridge of its own, the interface on the node named as Proxmox VE names it.
plugged() {
    local veth="veth${id}i0" bridge="lab$id"
    ip link add "$bridge" type bridge
    ip link set "$bridge" up
    sed -i "/^net0:/s/bridge=[a-z0-9]*/bridge=$bridge/" "$(configuration)"
    ip link add "$veth" type veth peer name eth0 netns "$(namespaces_of)"
    ip link set "$veth" master "$bridge" up
    in_network ip link set lo up
    in_network sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
}

# Each container has a network of its own: the node answers on all its bridges for all its addresses.
network_of() { echo "198.18.$((id % 256))"; }

# A static address in the configuration and in the container, and a gateway that answers.
static_network() {
    plugged
    ip address add "$(network_of).1/24" dev "lab$id"
    sed -i "/^net0:/s/ip=dhcp/ip=$(network_of).10\/24,gw=$(network_of).1/" "$(configuration)"
    in_network ip link set eth0 up
    in_network ip address add "$(network_of).10/24" dev eth0
    in_network ip route add default via "$(network_of).1"
}

# Another machine on the bridge of the container.
another_machine() {  # ADDRESS
    ip netns add "lab$id"
    ip link add "other$id" type veth peer name eth0 netns "lab$id"
    ip link set "other$id" master "lab$id" up
    ip netns exec "lab$id" ip link set eth0 address 02:00:00:00:00:77 up
    ip netns exec "lab$id" ip address add "$1" dev eth0
}

# A Perl program in the service `program`, which then sleeps: its user, its text, properties of the service.
program() {
    local user=$1 text=$2
    shift 2
    inside sh -c 'grep -q "^[^:]*:[^:]*:$0:" /etc/passwd || echo "program:x:$0:65534::/:/bin/sh" >>/etc/passwd' "$user"
    printf '%s;\nsleep;\n' "$text" | inside sh -c 'cat >/usr/local/bin/program.pl'
    inside systemd-run -q --unit=program --uid="$user" "${@/#/--property=}" perl /usr/local/bin/program.pl
    sleep 1
}

# A task of the container that runs: a process that sleeps, begun some seconds ago according to the log.
running_task() {  # TYPE SECONDS
    local pid ticks begun
    setsid sleep 300 >/dev/null 2>&1 &
    pid=$!
    ticks=$(cut -d ' ' -f 22 "/proc/$pid/stat")
    begun=$(($(date +%s) - $2))
    printf 'UPID:pve1:%08X:%08X:%08X:%s:%s:root@pam: 0\n' "$pid" "$ticks" "$begun" "$1" "$id" >>"$LXCDIAG_HOST_ROOT/var/log/pve/tasks/active"
}

# A task of the container that has ended, with its output from standard input.
ended_task() {  # TYPE SECONDS STATUS
    local tasks="$LXCDIAG_HOST_ROOT/var/log/pve/tasks" begun upid
    begun=$(printf %08X "$(($(date +%s) - $2))")
    upid="UPID:pve1:00000001:$(printf %08X "$id"):$begun:$1:$id:root@pam:"
    mkdir -p "$tasks/${begun: -1}"
    cat >"$tasks/${begun: -1}/$upid"
    printf '%s %s %s\n' "$upid" "$begun" "$3" >>"$tasks/index"
}

# Starts the container again with further lines for LXC.
restart_with() {
    printf '%s\n' "$@" >>"/var/lib/lxc/$id/config"
    reboot
}

# As without nesting, the kernel refuses the mounts of a service's namespace. A seccomp filter in place of AppArmor.
without_nesting() {
    sed -i '/^features:/d' "$(configuration)"
    local filter="/var/lib/lxc/$id/no-nesting.seccomp"
    { cat /usr/share/lxc/config/common.seccomp; printf 'mount errno 13 [3,0x84000,SCMP_CMP_EQ]\nmount errno 13 [3,0x44000,SCMP_CMP_EQ]\n'; } >"$filter"
    restart_with "lxc.seccomp.profile = $filter"
}

# A directory of the node in the container, as a bind mount of the configuration.
bind_mount() {  # DIRECTORY TARGET
    mkdir -p "$1" "$LXCDIAG_HOST_ROOT$1"
    echo "mp0: $1,mp=$2" >>"$(configuration)"
    restart_with "lxc.mount.entry = $1 ${2#/} none bind,create=dir 0 0"
}

# A message of Docker.
engine_says() {
    printf '%s\n' "$1" | inside systemd-cat -t dockerd -p err
    inside journalctl --sync
}

# A FUSE file system whose process has ended.
abandoned_mount() {  # MOUNT POINT
    inside mkdir -p "$1"
    in_mounts mknod /dev/abandoned c 10 229
    in_mounts perl -e '
        open(my $fuse, "+<", "/dev/abandoned") or die "$!";
        my ($source, $type, $options) = ("files\0", "fuse.sshfs\0", "fd=" . fileno($fuse) . ",rootmode=40000,user_id=0,group_id=0\0");
        syscall(165, $source, "$ARGV[0]\0", $type, 0, $options) == 0 or die "$!"' "$1"
    inside rm /dev/abandoned
}
