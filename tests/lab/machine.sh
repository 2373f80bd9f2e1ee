# shellcheck shell=bash disable=SC2154 # its variables are those of `lab`
# The machine of the lab, and the tree that serves as the Proxmox VE host's root. Sourced by lab.

# --- the machine ------------------------------------------------------------------------------------------------------

prepare_machine() {
  local missing=() pair
  for pair in lxc-start:lxc newuidmap:uidmap mmdebstrap:mmdebstrap perl:perl; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  if ((${#missing[@]})); then
    note "installing ${missing[*]}"
    command -v apt-get >/dev/null || die "${missing[*]} not installed, and apt-get not found: the lab needs Debian"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends "${missing[@]}"; } >&2 ||
      die "apt-get could not install ${missing[*]}"
  fi
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || die 'this kernel has no overlayfs'
  local file
  for file in /etc/subuid /etc/subgid; do
    grep -qx "root:$SHIFT:65536" "$file" 2>/dev/null || echo "root:$SHIFT:65536" >>"$file"
  done
  raise_limits
}

# Each systemd needs seven or eight inotify instances, all of them root's; the usual 128 suffice for a dozen containers.
raise_limits() {
  local had
  had=$(<"$INSTANCES")
  ((had < ENOUGH_INSTANCES)) || return 0
  mkdir -p "$LAB"
  if echo "$ENOUGH_INSTANCES" >"$INSTANCES"; then
    echo "$had" >"$LAB/max_user_instances"
  else
    note 'cannot raise fs.inotify.max_user_instances'
  fi
}

put_limits_back() {
  # Unless it was changed since.
  if [[ -e $LAB/max_user_instances && $(<"$INSTANCES") == "$ENOUGH_INSTANCES" ]]; then
    cat "$LAB/max_user_instances" >"$INSTANCES"
  fi
}

# --- the Proxmox host's tree ------------------------------------------------------------------------------------------

make_host() {
  local pve=$HOST/etc/pve
  mount_disks
  mkdir -p "$LAB/src/systemd" "$pve/nodes/$NODE/"{lxc,qemu-server} "$TASKS" "$HOST/var/lib/dpkg" "$HOST/usr/sbin" /run/lock/lxc
  chmod 755 "$LAB"
  ln -sfn "nodes/$NODE" "$pve/local"
  ln -sfn "nodes/$NODE/lxc" "$pve/lxc"
  mount_kernel proc
  mount_kernel sys
  make_device net/tun 10 200
  make_device fuse 10 229
  make_device kvm 10 232
  ln -sfn "$HERE/pct" "$HOST/usr/sbin/pct"
  echo "$NODE" >"$HOST/etc/hostname"
  touch "$TASKS/index" "$TASKS/active" "$LAB/pct-calls"
  local package version
  while read -r package version; do
    printf 'Package: %s\nStatus: install ok installed\nPriority: optional\nSection: admin\nArchitecture: amd64\nVersion: %s\n\n' "$package" "$version"
  done >"$HOST/var/lib/dpkg/status" <<'EOF'
lxc-pve 6.0.0-1
proxmox-ve 8.4.0
pve-container 5.2.6
pve-manager 8.4.1
EOF
  write_sources embedding_server.service
}

make_device() {  # NAME MAJOR MINOR
  [[ ! -e $HOST/dev/$1 ]] || return 0
  mkdir -p "$(dirname "$HOST/dev/$1")"
  mknod "$HOST/dev/$1" c "$2" "$3"
}

# lxcdiag resolves paths as a process with this root would: a link to /proc would point at itself.
mount_kernel() {
  local dir=$HOST/mnt/$1
  mkdir -p "$dir"
  mountpoint -q "$dir" || mount --rbind "/$1" "$dir"
  mount --make-rprivate "$dir"   # so that to unmount it unmounts nothing else
  ln -sfn "mnt/$1" "$HOST/$1"
}

umount_kernel() {
  local dir
  for dir in "$HOST"/mnt/*; do
    ! mountpoint -q "$dir" || umount -R "$dir" 2>/dev/null || umount -R -l "$dir"
  done
}

# The service that the provisioning scripts install: alone, and in a directory of its own.
write_sources() {
  local unit=$1 path
  for path in "$LAB/src/$unit" "$LAB/src/systemd/$unit"; do
    good_unit "$unit" >"$path.$$"
    mv "$path.$$" "$path"
  done
}

# A socket and a timer activate a service that every system has.
good_unit() {  # NAME
  case $1 in
    *.socket)
      printf '[Unit]\nDescription=Embedding socket\n\n[Socket]\nListenStream=/run/embedding.sock\nService=%s\n\n[Install]\nWantedBy=sockets.target\n' \
        systemd-tmpfiles-clean.service
      return ;;
    *.timer)
      printf '[Unit]\nDescription=Embedding timer\n\n[Timer]\nOnCalendar=daily\nUnit=%s\n\n[Install]\nWantedBy=timers.target\n' \
        systemd-tmpfiles-clean.service
      return ;;
  esac
  cat <<'EOF'
[Unit]
Description=Embedding server
After=network.target

[Service]
ExecStart=/bin/sleep infinity
Restart=on-failure

[Install]
WantedBy=multi-user.target
EOF
}

write_pve_conf() {  # ID
  local id=$1 suite unprivileged
  read -r suite unprivileged _ <"$LAB/ct/$id/what"
  {
    echo "arch: amd64"
    echo "cores: 2"
    echo "features: nesting=1"
    echo "hostname: ct$id"
    echo "memory: 512"
    printf 'net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:%02X:%02X:%02X,ip=dhcp,type=veth\n' $((id >> 16 & 255)) $((id >> 8 & 255)) $((id & 255))
    echo "ostype: debian"
    echo "rootfs: local-lvm:vm-$id-disk-0,size=8G"
    echo "swap: 512"
    ((unprivileged)) && echo "unprivileged: 1"
  } >"$HOST/etc/pve/nodes/$NODE/lxc/$id.conf.tmp" || true
  mv "$HOST/etc/pve/nodes/$NODE/lxc/$id.conf"{.tmp,}
}

# A new container has no past: its tasks are removed from the log.
forget_tasks() {
  local id=$1 file
  (
    flock 7
    for file in "$TASKS"/index* "$TASKS/active"; do sed -i "/^[^ ]*:$id:root@pam: /d" "$file"; done
  ) 7>>"$TASKS/.active.lock"
  rm -f "$TASKS"/[0-9A-F]/UPID:*:"$id":root@pam:
}
