//! Why a container does not start, from files as a node has them. LXC's words are those of real failures.

mod node;
mod rivals;

use std::fmt::Write as _;

use node::Node;

/// The words of LXC after a failed hook.
fn hook(status: u32) -> String {
    format!(
        "lxc-start: 958: ../src/lxc/conf.c: run_buffer: 322 Script exited with status {status}\n\
         lxc-start: 958: ../src/lxc/start.c: lxc_init: 844 Failed to run lxc.hook.pre-start for container \"958\"\n\
         lxc-start: 958: ../src/lxc/start.c: __lxc_start: 2027 Failed to initialize container \"958\"\n"
    )
}

/// The words of LXC if it fails after the pre-start hook.
fn lxc(words: &str, sequence: u32) -> String {
    format!(
        "lxc-start: 958: ../src/lxc/x.c: f: 1 {words}\n\
         lxc-start: 958: ../src/lxc/sync.c: sync_wait: 34 An error occurred in another process (expected sequence number {sequence})\n\
         lxc-start: 958: ../src/lxc/start.c: __lxc_start: 2107 Failed to spawn container \"958\"\n"
    )
}

const STARTUP: &str = "startup for container '958' failed";

#[test]
fn the_status_of_the_task_names_the_cause() {
    let mut wrong = String::new();
    for (status, expected) in [
        ("CT is locked (backup)", "locked"),
        (
            "can't lock file '/run/lock/lxc/pve-config-958.lock' - got timeout",
            "config-lock-held",
        ),
        ("you can't start a CT if it's a template", "template"),
        (
            "Quotas are not supported by unprivileged containers.",
            "config-invalid",
        ),
        (
            "missing 'arch' - internal error at /usr/share/perl5/PVE/LXC.pm line 700.",
            "config-invalid",
        ),
        ("missing 'rootfs' configuration", "config-invalid"),
        ("Device /dev/ttyUSB9 does not exist", "device-missing"),
        ("/dev/ttyUSB0 is not a device", "device-missing"),
        ("bridge 'vmbr9' does not exist", "bridge-missing"),
        (
            "net0: MTU size '9000' is bigger than bridge MTU '1500'",
            "bridge-mtu",
        ),
        ("storage 'nas' does not exist", "storage-unavailable"),
        ("storage 'nas' is disabled", "storage-unavailable"),
        (
            "storage 'nas' is not available on node 'pve1'",
            "storage-unavailable",
        ),
        ("storage 'nas' is not online", "storage-unavailable"),
        (
            "unable to activate storage 'usb' - directory is expected to be a mount point but is not mounted: '/mnt/usb'",
            "storage-unavailable",
        ),
        (
            "unable to activate storage 'usb' - directory '/mnt/usb' does not exist or is unreachable",
            "storage-unavailable",
        ),
        (
            "could not activate storage 'tank', zfs error: cannot import 'tank': no such pool available",
            "storage-unavailable",
        ),
        (
            "volume 'local:958/vm-958-disk-1.raw' does not exist",
            "volume-missing",
        ),
        ("no such logical volume pve/vm-958-disk-0", "volume-missing"),
        (
            "zfs error: cannot open 'tank/subvol-958-disk-0': dataset does not exist",
            "volume-missing",
        ),
        (
            "hookscript error for 958 on pre-start: command '/x.sh 958 pre-start' failed: exit code 5",
            "hookscript-failed",
        ),
        (
            "hookscript error for 958 on pre-start: script '/x.sh' does not exist",
            "hookscript-failed",
        ),
        ("cluster not ready - no quorum?", "no-quorum"),
        (
            "unable to get PID for CT 958 (not running?)",
            "ends-at-once",
        ),
    ] {
        let verdict = Node::new().failed(status, "").diagnosed();
        if (verdict.id.as_str(), verdict.level.as_deref()) != (expected, Some("confirmed")) {
            let _ = writeln!(wrong, "{status}: {verdict:?}");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn the_words_of_lxc_name_the_cause() {
    let mut wrong = String::new();
    for (words, sequence, expected) in [
        (
            "newuidmap failed to write mapping \"newuidmap: uid range [1000-1001) -> [1000-1001) not allowed\": newuidmap 1 0 100000 1000",
            0,
            "id-map-refused",
        ),
        (
            "File exists - Failed to create veth pair \"veth958i0\" and \"vethXyZ\"",
            0,
            "interface-in-use",
        ),
        (
            "No such device - Failed to retrieve ifindex for \"enp9s0\"",
            0,
            "interface-missing",
        ),
        (
            "Invalid argument - Failed to set \"memory.limit_in_bytes\" to \"12Q\"",
            0,
            "cgroup-failed",
        ),
        (
            "Failed to open seccomp policy file /etc/x.seccomp",
            0,
            "config-invalid",
        ),
        (
            "Operation not permitted - Failed to mount \"proc\" onto \"/usr/lib/x86_64-linux-gnu/lxc/rootfs/proc\"",
            3,
            "mount-refused",
        ),
        (
            "No such file or directory - Failed to mount \"/dev/dri9\" on \"/usr/lib/x86_64-linux-gnu/lxc/rootfs/dev/dri\"\nlxc-start: 958: ../src/lxc/conf.c: lxc_setup: 4419 Failed to setup mount entries",
            3,
            "mount-entry-failed",
        ),
        (
            "Script exited with status 17\nlxc-start: 958: ../src/lxc/conf.c: lxc_setup: 4452 Failed to run autodev hooks",
            4,
            "device-twice",
        ),
        (
            "Failed to load generated AppArmor profile",
            4,
            "apparmor-failed",
        ),
        (
            "Failed to write AppArmor profile \"lxc-nope\"",
            4,
            "apparmor-failed",
        ),
    ] {
        let verdict = Node::new()
            .failed(STARTUP, "")
            .lxc(&lxc(words, sequence))
            .diagnosed();
        if (verdict.id.as_str(), verdict.level.as_deref()) != (expected, Some("confirmed")) {
            let _ = writeln!(wrong, "{words}: {verdict:?}");
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn a_status_of_the_hook_confirms_nothing_by_itself() {
    for status in [1, 2, 9, 20, 25, 32, 255] {
        let verdict = Node::new()
            .failed(STARTUP, "")
            .lxc(&hook(status))
            .diagnosed();
        assert_ne!(
            verdict.level.as_deref(),
            Some("confirmed"),
            "{status}: {verdict:?}"
        );
    }
}

#[test]
fn a_status_of_the_hook_and_the_state_confirm() {
    let media = "mp0: /srv/media,mp=/media\n";
    let node = || Node::new().failed(STARTUP, "");
    node()
        .config(media)
        .lxc(&hook(2))
        .is("bind-source-missing", "confirmed");
    node()
        .config(media)
        .write("srv/media", "a file")
        .lxc(&hook(9))
        .is("bind-source-missing", "confirmed");
    node()
        .config("mp0: /srv/a,mp=/media\n")
        .directory("srv/a")
        .in_root("media", "")
        .lxc(&hook(20))
        .is("mount-target-unusable", "confirmed");
    node()
        .in_root("etc/os-release", "ID=plan9\n")
        .lxc(&hook(2))
        .is("os-unsupported", "confirmed");
    node()
        .config("rootfs: local:958/subvol-958-disk-0.subvol,ro=1\n")
        .lxc(&hook(1))
        .is("rootfs-read-only", "confirmed");
    node()
        .without_root("sbin/init")
        .lxc(&lxc("", 7))
        .is("init-missing", "confirmed");
    node()
        .in_root("sbin/init", "#!/bin/nope\n")
        .lxc(&lxc("", 7))
        .is("init-unusable", "confirmed");
    node()
        .mode_in_root("sbin/init", 0o644)
        .lxc(&lxc("", 7))
        .is("init-not-executable", "confirmed");
    node()
        .config("rootfs: local:958/subvol-958-disk-0.subvol,mountoptions=noexec\n")
        .lxc(&lxc("", 7))
        .is("init-unusable", "confirmed");
    node()
        .empty_root()
        .lxc(&lxc("", 7))
        .is("rootfs-empty", "confirmed");
    let foreign = "\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x16\0";
    Node::new()
        .failed("unable to get PID for CT 958 (not running?)", "")
        .in_root("sbin/init", foreign)
        .is("init-wrong-arch", "confirmed");
}

#[test]
fn an_image_is_read_without_mounting_it() {
    let node = || {
        Node::new()
            .failed(STARTUP, "")
            .config("rootfs: local:958/vm-958-disk-0.raw,size=16M\n")
    };
    node()
        .image()
        .without_in_image("sbin/init")
        .lxc(&lxc("", 7))
        .is("init-missing", "confirmed");
    node().image().lxc(&lxc("", 7)).is("inconclusive", "");
    node()
        .full_image()
        .lxc(&hook(1))
        .is("rootfs-full", "confirmed");
    node()
        .write(
            "var/lib/vz/images/958/vm-958-disk-0.raw",
            &"\0".repeat(1 << 20),
        )
        .lxc(&hook(255))
        .is("rootfs-unmountable", "confirmed");
    node().lxc(&lxc("", 7)).is("init-unusable", "likely");
}

#[test]
fn words_of_another_start_do_not_count() {
    let older = Node::new()
        .failed("bridge 'vmbr9' does not exist", "")
        .config("mp0: /srv/media,mp=/media\n");
    older.older_lxc(&hook(2)).is("bridge-missing", "confirmed");
    Node::new()
        .task("vzstart", "9580", "CT is locked (backup)")
        .is("not-started", "confirmed");
    Node::new()
        .config("\n[before]\nlock: backup\nbridge: x\n")
        .failed("bridge 'vmbr9' does not exist", "")
        .is("bridge-missing", "confirmed");
}

#[test]
fn a_container_that_did_not_fail_has_no_cause() {
    Node::new().running().is("healthy", "");
    Node::new()
        .running()
        .config("lock: backup\nmp0: /srv/nope,mp=/x\n")
        .is("healthy", "");
    Node::new()
        .running()
        .failed("CT is locked (backup)", "")
        .is("healthy", "");
    Node::new()
        .config("mp0: /srv/nope,mp=/x\n")
        .is("not-started", "confirmed");
    Node::new()
        .config("mp0: /srv/nope,mp=/x\n")
        .task("vzstart", "958", "OK")
        .task("vzstop", "958", "OK")
        .is("stopped-on-purpose", "confirmed");
    Node::new()
        .failed("CT is locked (backup)", "")
        .task("vzstart", "958", "OK")
        .task("vzshutdown", "958", "OK")
        .is("stopped-on-purpose", "confirmed");
    Node::new()
        .task("vzstart", "958", "WARNINGS: 1")
        .is("not-started", "likely");
    Node::new()
        .config("onboot: 1\n")
        .task("startall", "", "OK")
        .is("onboot-not-run", "confirmed");
}

#[test]
fn a_cause_that_is_repaired_leaves_only_the_start() {
    let gone = Node::new()
        .failed("bridge 'vmbr9' does not exist", "")
        .config("net0: name=eth0,bridge=vmbr9\n");
    let commands = gone.diagnosed().commands;
    assert!(commands.contains("key=net0 old=vmbr9"), "{commands}");
    let back = Node::new()
        .failed("bridge 'vmbr9' does not exist", "")
        .config("net0: name=eth0,bridge=vmbr9\n")
        .directory("sys/class/net/vmbr9");
    assert_eq!(back.diagnosed().commands, "pct start 958");
    let unlocked = Node::new().failed("CT is locked (backup)", "");
    assert_eq!(unlocked.diagnosed().commands, "pct start 958");
    let locked = Node::new()
        .failed("CT is locked (backup)", "")
        .config("lock: backup\n");
    assert!(locked.diagnosed().commands.contains("pct unlock 958"));
    let busy = Node::new()
        .failed("CT is locked (backup)", "")
        .config("lock: backup\n")
        .running_task("vzdump", "958");
    assert!(!busy.diagnosed().commands.contains("unlock"));
    let mapped = Node::new().failed(STARTUP, "").lxc(&lxc("newuidmap failed to write mapping \"newuidmap: uid range [1000-1001) -> [1000-1001) not allowed\"", 0))
        .config("unprivileged: 1\nlxc.idmap: u 0 100000 1000\nlxc.idmap: u 1000 1000 1\nlxc.idmap: g 0 100000 1000\n").write("etc/subuid", "root:100000:65536\n").write("etc/subgid", "root:100000:65536\n");
    assert!(
        mapped
            .diagnosed()
            .commands
            .contains("add /etc/subuid $(printf %s root:1000:1)")
    );
}

#[test]
fn a_disk_that_is_not_mounted_is_no_missing_volume() {
    let storage = "dir: usb\n\tpath /mnt/usb\n";
    let node = Node::new()
        .failed("volume 'usb:958/vm-958-disk-0.raw' does not exist", "")
        .config("rootfs: usb:958/vm-958-disk-0.raw\n")
        .write("etc/pve/storage.cfg", storage)
        .directory("mnt/usb");
    let unmounted = node.write("etc/fstab", "UUID=1 /mnt/usb ext4 defaults 0 2\n");
    let verdict = unmounted.diagnosed();
    assert_eq!(verdict.id, "storage-unavailable");
    assert!(verdict.commands.contains("mount /mnt/usb"), "{verdict:?}");
}

#[test]
fn the_first_of_two_causes_is_the_verdict() {
    let node = Node::new()
        .failed("bridge 'vmbr9' does not exist", "")
        .config("net0: name=eth0,bridge=vmbr9\nmp0: /srv/nope,mp=/x\n");
    let verdict = node.diagnosed();
    assert_eq!(verdict.id, "bridge-missing");
    assert_eq!(verdict.also, ["bind-source-missing"]);
}
