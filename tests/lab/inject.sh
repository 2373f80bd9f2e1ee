# shellcheck shell=bash
# The named states of `lab inject`, each made as a provisioning script makes it: through pct, on a booted container.
# Sourced by lab. A scenario is a function inject_NAME below a line "#: name  description", which `lab scenarios` prints;
# boot_NAME, if it exists, prepares the container before it boots.

# Set by cmd_inject: the container, the unit, its file (for an instance, the template's), the directory and the path where
# the file belongs, a good source of it, the delay in seconds, and for
# how many seconds a late push is running before the failure.
ct='' unit='' file='' dir='' dest='' source='' delay='' lead=0
readonly UNIT_DIR=/etc/systemd/system

cmd_scenarios() { sed -n 's/^#: //p' "$HERE/inject.sh" "$HERE/incidents.sh" "$HERE/hostile.sh"; }

cmd_inject() {
  local name=${1:-} reset=1
  shift || true
  local call=${name//-/_}
  [[ $name =~ ^[a-z0-9-]+$ ]] && declare -F "inject_$call" >/dev/null || die "unknown scenario '$name'; see 'lab scenarios'"
  ct=958 unit=embedding_server.service dir=$UNIT_DIR delay=2
  [[ $name != unmapped-owner ]] || ct=959
  while (($#)); do
    [[ $1 == --no-reset ]] || (($# > 1)) || die "$1 needs a value"
    case $1 in
      --no-reset) reset=; shift; continue ;;
      --ct) ct=$2 ;;
      --delay) delay=$2 ;;
      --unit) unit=$2 ;;
      --dir) dir=$2 ;;
      *) die "inject: unknown argument '$1'" ;;
    esac
    shift 2
  done
  [[ $delay =~ ^[0-9]+(\.[0-9]+)?$ ]] || die "invalid number of seconds '$delay'"
  [[ $unit =~ ^[A-Za-z0-9:_.@-]+\.(service|socket|timer)$ ]] || die "invalid name of a service, socket or timer '$unit'"
  [[ $dir =~ ^(/[A-Za-z0-9._-]+)+$ ]] || die "invalid unit directory '$dir'"
  lock_lab -s
  check_ct "$ct"
  lock_ct "$ct"
  file=$unit
  [[ $unit != *@* ]] || file=${unit%%@*}@.${unit##*.}
  source=$LAB/src/$file dest=$dir/$file
  write_sources "$file"

  local boot=()
  if declare -F "boot_$call" >/dev/null; then
    [[ $reset ]] || die "$name changes how the container boots and needs a reset"
    boot=("boot_$call")
  fi
  if [[ $reset ]]; then make_ct "$ct" "${boot[@]}"; else rm -f "$LAB/last-failure-$ct"; fi
  [[ $dir == "$UNIT_DIR" ]] || run mkdir -p "$dir"   # Debian 11 has no /usr/lib/systemd/system until a package creates it
  "inject_$call"
}

# --- what provisioning scripts do -------------------------------------------------------------------------------------

now() { local t=$EPOCHREALTIME; printf '%(%Y-%m-%dT%H:%M:%S)T.%sZ' "${t%.*}" "${t#*.}"; }

# Exit status and stderr are ignored, as in scripts without `set -e`.
run() { pct exec "$ct" -- "$@" || true; }
push() { pct push "$ct" "$@" || true; }
reload() { run systemctl daemon-reload; }

# failed_at is when the failing command was started, failed_by when it had ended: systemctl looked between them.
enable() {
  local at by status=0
  at=$(now)
  pct exec "$ct" -- systemctl enable "$unit" 2>"$LAB/last-failure-$ct" || status=$?
  by=$(now)
  cat "$LAB/last-failure-$ct" >&2
  if ((status)); then
    printf 'failed_at=%s\nfailed_by=%s\n' "$at" "$by"
  else
    rm -f "$LAB/last-failure-$ct"
  fi
}

# variant NAME < CONTENT: a source of the same file name with other content; prints its path.
variant() {
  local path=$LAB/src/$1/$file
  mkdir -p "${path%/*}"
  cat >"$path.$$"
  mv "$path.$$" "$path"
  echo "$path"
}

provision() { push "$1" "${2:-$dest}"; sleep "$lead"; reload; enable; }

# Waits until a push is running: its line in the list of tasks ends in 0.
wait_for_push() { until grep -q ":push_file:$ct:.* 0\$" "$TASKS/active"; do sleep 0.02; done; }

# What follows a failed enable late enough to be late each time, on a busy machine too.
late() { reload; enable; sleep "$delay"; "$@"; }

# A push in the background whose source answers late: its task is running when enable fails.
late_push() {
  local fifo=$LAB/late-$ct pid
  rm -f "$fifo"
  mkfifo "$fifo"
  push "$fifo" "$dest" &
  pid=$!
  wait_for_push
  sleep "$lead"
  late cp "$source" "$fifo"
  wait "$pid"
  rm -f "$fifo"
}

# --- races ------------------------------------------------------------------------------------------------------------

#: late-push            a push still in the background when enable fails: it arrives --delay seconds later
inject_late_push() { late_push; }

#: late-push-reloads    the same, then two manual reloads
inject_late_push_reloads() { late_push; reload; sleep 0.2; reload; }

#: late-rename          written beside it before the failure, renamed into place --delay seconds after: an old birth time
inject_late_rename() { push "$source" "$dest.new"; late run mv "$dest.new" "$dest"; }

#: late-old-mtime       arrives late with the modification time of its source, as from cp -p or rsync
inject_late_old_mtime() { late_push; run touch -d '2024-02-03 04:05:06.789' "$dest"; }

# Writes in place, BYTES of the file before enable looks and the rest --delay seconds after.
slow_writer() {
  local pid
  exec 6> >(exec 8>&- 9>&-; "$HERE/pct" exec "$ct" -- sh -c "cat >'$dest'")
  pid=$!
  head -c "$1" "$source" >&6
  until [[ $(stat -c %s "$LXCPATH/$ct/rootfs$dest" 2>/dev/null) == "$1" ]]; do sleep 0.02; done
  late write_rest "$(($1 + 1))"
  exec 6>&-
  wait "$pid"
}

write_rest() { tail -c "+$1" "$source" >&6; }

#: partial-write        a slow writer in place: enable sees a file cut inside a section header, complete later
inject_partial_write() { slow_writer "$(($(grep -bo '^\[Ser' "$source" | cut -d: -f1) + 4))"; }

#: partial-empty        the same, before the first byte: enable says masked
inject_partial_empty() { slow_writer 0; }

#: starting             commands run right after the start of the container, before its systemd listens
# A fiftieth of a processor, as with `cpulimit: 0.02`, makes the boot long enough to stop systemd before it listens.
boot_starting() {
  local limit='lxc.cgroup.cpu.cfs_quota_us = 2000'
  [[ ! -e /sys/fs/cgroup/cgroup.controllers ]] || limit='lxc.cgroup2.cpu.max = 2000 100000'
  lxc_extra+=$limit$'\n' no_wait=1
}
inject_starting() {
  local init file
  init=$(lxc-info -n "$ct" -p -H)
  until [[ -d /proc/$init/root/run/systemd/system ]]; do
    running "$ct" || die "container $ct did not start; try 'lxc-start -n $ct -F'"
    sleep 0.002
  done
  kill -STOP "$init"
  provision "$source"
  kill -CONT "$init"
  for file in /sys/fs/cgroup/{cpu,cpu\,cpuacct,}/lxc/"$ct"/cpu.{cfs_quota_us,max}; do
    [[ ! -e $file ]] || case $file in *max) echo max >"$file" ;; *) echo -1 >"$file" ;; esac
  done
  wait_systemd "$ct"
  grep -q 'connect to .*bus' "$LAB/last-failure-$ct" || die 'systemd was up before the commands; try again'
}

# --- pushes that fail, or seem to succeed -----------------------------------------------------------------------------

#: directory-push       the incident: push of a directory to the unit directory; fails, exit status 0
inject_directory_push() { provision "$LAB/src/systemd/" "$dir/"; }

#: push-missing-dir     push into a missing directory; fails, exit status 0
inject_push_missing_dir() { provision "$source" "/usr/local/lib/systemd/system/$file"; }

#: push-dir-to-file     push of a directory to the file's name: an empty file, and no error
inject_push_dir_to_file() { provision "$LAB/src/systemd/"; }

#: disk-full            no space left for the unit: an empty file, and the push says OK
inject_disk_full() { fill_disk 0; provision "$source"; }

#: disk-full-cut        space for one page: the file is cut before [Install], and the push says OK
inject_disk_full_cut() {
  fill_disk 4096
  provision "$(
    {
      sed '/^\[Install\]/,$d' "$source"
      for _ in {1..80}; do echo '# Environment= lines that make the unit longer than a page of memory.'; done
      sed -n '/^\[Install\]/,$p' "$source"
    } | variant disk-full-cut
  )"
}

fill_disk() {  # BYTES LEFT
  run sh -ec "
    mkdir -p /run/small
    mount -t tmpfs -o size=64k,mode=755 small /run/small
    cp -a $dir/. /run/small/
    head -c $((65536 - $1)) /dev/zero >/run/small/.other-data
    mount --bind /run/small $dir"
}

#: read-only            the root file system is mounted read-only (ro=1): the push fails, exit status 0
boot_read_only() {
  lxc_extra+=$'lxc.rootfs.options = ro\n'
  sed -i '/^rootfs:/s/$/,ro=1/' "$HOST/etc/pve/nodes/$NODE/lxc/$1.conf"
}
inject_read_only() { provision "$source"; }

#: other-push-failed    the push of another file fails, this one comes late
inject_other_push_failed() {
  echo 'numpy' >"$LAB/src/requirements.txt"
  push "$LAB/src/requirements.txt" /opt/embedding_server/requirements.txt
  late_push
}

#: pushed-later         nothing was pushed when enable failed; --delay seconds later somebody pushes the file
inject_pushed_later() { late push "$source" "$dest"; }

#: repaired-later       the incident, and --delay seconds later a push of the file itself
inject_repaired_later() { inject_directory_push; sleep "$delay"; push "$source" "$dest"; }

# --- the file is not what it should be --------------------------------------------------------------------------------

#: absent               nothing was pushed
inject_absent() { reload; enable; }

#: nested               pushed one directory too deep
inject_nested() { run mkdir -p "$dir/systemd"; provision "$source" "$dir/systemd/$file"; }

#: typo                 pushed with dashes for underscores in its name
inject_typo() {
  local other=${file//_/-}
  [[ $other != "$file" ]] || other=x$file
  provision "$source" "$dir/$other"
}

#: drop-in-only         only a drop-in directory of the unit
inject_drop_in_only() {
  run mkdir -p "$dest.d"
  printf '[Service]\nNice=5\n' >"$LAB/src/nice.conf"
  provision "$LAB/src/nice.conf" "$dest.d/nice.conf"
}

#: masked               masked before; the push goes through the link into /dev/null
inject_masked() { run systemctl mask "$file"; provision "$source"; }

#: empty                a file of zero bytes
inject_empty() { provision "$(variant empty </dev/null)"; }

#: cut-section          cut inside a section header
inject_cut_section() { provision "$(sed -n '/^\[Service\]/q;p' "$source" | { cat; printf '[Ser'; } | variant cut-section)"; }

#: cut-install          cut before [Install]
inject_cut_install() { provision "$(sed '/^\[Install\]/,$d' "$source" | head -c -1 | variant cut-install)"; }

#: no-install           written without [Install]
inject_no_install() { provision "$(sed '/^\[Install\]/,$d' "$source" | variant no-install)"; }

#: crlf                 Windows line endings
inject_crlf() { provision "$(sed 's/$/\r/' "$source" | variant crlf)"; }

#: binary               random bytes (the same each time)
inject_binary() { provision "$(perl -e 'my $x = 1; print pack "C", ($x = $x * 1103515245 + 12345 & 0x7fffffff) >> 16 & 255 for 1 .. 512' | variant binary)"; }

#: dangling             a dangling symbolic link
inject_dangling() { run ln -s "/opt/embedding_server/$file" "$dest"; reload; enable; }

#: directory            a directory of the unit's name; the push fails, exit status 0
inject_directory() { run mkdir "$dest"; provision "$source"; }

#: mode-0000            mode 0000; systemd still reads it
inject_mode_0000() { push --perms 0000 "$source" "$dest"; reload; enable; }

#: unmapped-owner       copied into an unprivileged container without pct: its root cannot read it
inject_unmapped_owner() {
  local suite unprivileged
  read -r suite unprivileged _ <"$LAB/ct/$ct/what"
  ((unprivileged)) || die "unmapped-owner needs an unprivileged container, and $ct is privileged"
  install -m 0600 "$source" "/proc/$(lxc-info -n "$ct" -p -H)/root$dest"
  reload
  enable
}

# --- enabled, or nearly ------------------------------------------------------------------------------------------------

#: healthy              pushed, reloaded, enabled, started
inject_healthy() { provision "$source"; run systemctl start "$unit"; }

#: missing-program      enabled, but its program does not exist
inject_missing_program() {
  provision "$(sed 's|^ExecStart=.*|ExecStart=/opt/embedding_server/bin/server|' "$source" | variant missing-program)"
  run systemctl start "$unit"
}

#: stale                changed on disk after it was loaded and started
inject_stale() {
  inject_healthy
  push "$(sed 's|infinity|86400|' "$source" | variant stale)" "$dest"
}

# --- containers that are themselves the problem (the push is late in each) --------------------------------------------

#: stopped              the container was stopped afterwards
inject_stopped() { late_push; pct stop "$ct"; }

#: frozen               the container was suspended afterwards
inject_frozen() { late_push; pct suspend "$ct"; }

#: locked               a backup holds the container's lock
inject_locked() {
  late_push
  local conf=$HOST/etc/pve/nodes/$NODE/lxc/$ct.conf
  sed '/^hostname:/a lock: backup' "$conf" >"$conf.tmp"
  mv "$conf.tmp" "$conf"
}

#: no-systemd           another init: the container's first process is sleep
boot_no_systemd() { lxc_extra+=$'lxc.init.cmd = /bin/sleep infinity\n' no_wait=1; }
inject_no_systemd() { late_push; }

#: no-dbus              D-Bus does not run
boot_no_dbus() {
  local name
  for name in dbus.service dbus.socket; do ln -sfn /dev/null "$LXCPATH/$1/rootfs$UNIT_DIR/$name"; done
}
inject_no_dbus() { late_push; }

#: no-journal           journald keeps nothing
boot_no_journal() {
  local dir=$LXCPATH/$1/rootfs/etc/systemd/journald.conf.d
  mkdir -p "$dir"
  printf '[Journal]\nStorage=none\n' >"$dir/none.conf"
  chown -R --reference="$LXCPATH/$1/rootfs/etc/systemd" "$dir"
}
inject_no_journal() { late_push; }

#: no-stat              no stat command
inject_no_stat() { late_push; take_away stat; }

#: no-timeout           no timeout command
inject_no_timeout() { late_push; take_away timeout; }

#: no-sh                no shell at all
inject_no_sh() { late_push; take_away sh dash bash; }

take_away() {
  local name
  # Debian 11 may keep /bin beside /usr/bin.
  for name in "$@"; do rm -f "$LXCPATH/$ct/rootfs/usr/bin/$name" "$LXCPATH/$ct/rootfs/bin/$name"; done
}
