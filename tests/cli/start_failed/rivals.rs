//! Causes that look alike, and failures that were repaired since.

use super::node::Node;
use super::{STARTUP, hook, lxc};

const AGAIN: &str = "pct start 958";
const MOUNT_HOOK: &str =
    "Script exited with status 127\nlxc-start: 958: x.c: f: 1 Failed to run mount hooks";

fn failed(words: &str) -> Node {
    Node::new().failed(STARTUP, "").lxc(words)
}

#[test]
fn status_25_of_the_hook_is_told_apart_by_storage_and_version() {
    let debian = |version: &str, package: &str| {
        failed(&hook(25))
            .in_root("etc/debian_version", version)
            .write(
                "var/lib/dpkg/status",
                &format!(
                    "Package: pve-container\nStatus: install ok installed\nVersion: {package}\n"
                ),
            )
    };
    debian("13.1\n", "5.2.6").is("os-unsupported", "confirmed");
    debian("13.1\n", "6.0.9").is("os-unsupported", "confirmed");
    // These versions only warn.
    debian("13.1\n", "6.0.10").is("inconclusive", "");
    debian("13.1\n", "5.3.1").is("inconclusive", "");
    debian("14.0\n", "6.1.10").is("inconclusive", "");
    debian("12.5\n", "5.2.6")
        .write(
            "etc/pve/storage.cfg",
            "dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl\n",
        )
        .is("storage-unavailable", "confirmed");
}

#[test]
fn an_image_without_os_release_is_not_an_unknown_distribution() {
    failed(&hook(2))
        .without_root("etc/os-release")
        .without_root("etc/debian_version")
        .is("inconclusive", "");
}

#[test]
fn a_hook_of_the_configuration_counts_only_at_its_step() {
    failed(&lxc(MOUNT_HOOK, 4))
        .config("lxc.hook.mount: /root/nope.sh\n")
        .is("own-hook-failed", "confirmed");
    failed(&lxc(MOUNT_HOOK, 4))
        .config("lxc.hook.post-stop: /root/nope.sh\n")
        .is("inconclusive", "");
    let verdict = failed(&hook(2))
        .config("mp0: /srv/media,mp=/media\nlxc.hook.post-stop: /root/nope.sh\n")
        .diagnosed();
    assert_eq!(verdict.id, "bind-source-missing");
    assert!(verdict.also.is_empty(), "{verdict:?}");
    // A shell finds `sh`, so it is not missing.
    failed(&hook(3))
        .config("lxc.hook.pre-start: sh -c \"exit 3\"\n")
        .is("own-hook-failed", "likely");
}

#[test]
fn an_entrypoint_without_a_slash_is_looked_up_in_the_path() {
    failed(&lxc("", 7))
        .config("entrypoint: sh -c x\n")
        .is("inconclusive", "");
    failed(&lxc("", 7))
        .config("entrypoint: nope -c x\n")
        .is("init-missing", "confirmed");
}

#[test]
fn an_empty_root_file_system_does_not_miss_its_init() {
    let verdict = failed(&lxc("", 7)).empty_root().diagnosed();
    assert_eq!(verdict.id, "rootfs-empty");
    assert!(verdict.also.is_empty(), "{verdict:?}");
}

#[test]
fn an_image_of_a_mount_point_is_checked_as_well() {
    let node = failed(&hook(32))
        .config("mp0: local:958/vm-958-disk-1.raw,mp=/data,size=1G\n")
        .write(
            "var/lib/vz/images/958/vm-958-disk-1.raw",
            &"\0".repeat(1 << 20),
        );
    let verdict = node.diagnosed();
    assert_eq!(verdict.id, "rootfs-unmountable", "{verdict:?}");
    assert_eq!(verdict.commands, "pct fsck 958 --device mp0");
}

#[test]
fn an_immutable_file_of_an_image_is_found() {
    let node = || {
        failed(&hook(1))
            .config("rootfs: local:958/vm-958-disk-0.raw,size=16M\n")
            .in_root("etc/hosts", "127.0.0.1 localhost\n")
    };
    node()
        .image()
        .immutable_in_image("etc/hosts")
        .is("file-immutable", "confirmed");
    node()
        .in_root("etc/.pve-ignore.hosts", "")
        .image()
        .immutable_in_image("etc/hosts")
        .is("inconclusive", "");
    node().image().is("inconclusive", "");
}

#[test]
fn a_container_is_not_unlocked_while_a_backup_runs() {
    let commands = |kind: &str, id: &str| {
        let node = Node::new()
            .config("lock: backup\n")
            .failed("CT is locked (backup)", "")
            .running_task(kind, id);
        let verdict = node.diagnosed();
        assert_eq!(verdict.id, "locked");
        verdict.commands
    };
    assert!(!commands("vzdump", "958").contains("unlock"));
    // A backup job of several guests has no ID.
    assert!(!commands("vzdump", "").contains("unlock"));
    assert!(commands("vzdump", "9580").contains("unlock"));
    assert!(commands("vncproxy", "958").contains("unlock"));
}

#[test]
fn a_container_that_was_not_created_completely_is_not_started() {
    let node = Node::new()
        .config("lock: create\n")
        .failed("CT is locked (create)", "");
    assert_eq!(node.diagnosed().commands, "pct config 958");
}

#[test]
fn what_was_repaired_since_is_only_started() {
    let refused = "Invalid capability\nlxc-start: 958: parse.c: f: 1 Failed to parse config file \"/var/lib/lxc/958/config\" at line \"lxc.cap.drop = sys_foo\"\nFailed to load config for 958\n";
    let exists = lxc(
        "Script exited with status 17\nlxc-start: 958: x.c: f: 1 Failed to run autodev hooks",
        4,
    );
    let link = lxc(
        "No such device - Failed to retrieve ifindex for \"enp9s0\"",
        0,
    );
    let full = format!(
        "produced output: '/fastboot.tmp.1' - No space left on device\n{}",
        hook(1)
    );
    let target = format!(
        "produced output: symlink encountered at: //./data\n{}",
        hook(20)
    );
    for (node, id) in [
        (failed(refused), "config-invalid"),
        (
            failed(&exists).config("dev0: /dev/net/tun\n"),
            "device-twice",
        ),
        (
            failed(&link)
                .config("lxc.net.0.link: enp9s0\n")
                .directory("sys/class/net/enp9s0"),
            "interface-missing",
        ),
        (
            failed(&full)
                .config("rootfs: local:958/vm-958-disk-0.raw,size=16M\n")
                .image(),
            "rootfs-full",
        ),
        (
            failed(&target).config("mp0: /srv,mp=/data\n"),
            "mount-target-unusable",
        ),
        (
            Node::new().failed("missing 'arch' - internal error at x line 1.", ""),
            "config-invalid",
        ),
        (
            Node::new().failed(
                "hookscript error for 958 on pre-start: script '/x.sh' is not executable",
                "",
            ),
            "hookscript-failed",
        ),
    ] {
        let verdict = node.diagnosed();
        assert_eq!(
            (verdict.id.as_str(), verdict.commands.as_str()),
            (id, AGAIN)
        );
    }
    let still = failed(refused)
        .config("lxc.cap.drop: sys_foo\n")
        .diagnosed();
    assert_ne!(still.commands, AGAIN);
}

#[test]
fn a_map_without_a_line_for_root_is_not_repaired() {
    let node = failed(&lxc("Failed to set up id mapping.", 0))
        .config("unprivileged: 1\nlxc.idmap: u 1000 101000 64536\nlxc.idmap: g 1000 101000 64536\n")
        .write("etc/subuid", "root:100000:65536\n")
        .write("etc/subgid", "root:100000:65536\n");
    let verdict = node.diagnosed();
    assert_eq!(verdict.id, "id-map-refused");
    assert_ne!(verdict.commands, AGAIN);
}

#[test]
fn an_old_systemd_hangs_on_a_node_with_control_groups_v2_only() {
    let warning =
        "WARN: old systemd (< v232) detected, container won't run in a pure cgroupv2 environment!";
    let node = |mounts: &str| {
        Node::new()
            .failed("WARNINGS: 1", warning)
            .write("proc/mounts", mounts)
            .running()
    };
    node("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n").is("cgroup-v2-unsupported", "confirmed");
    node("tmpfs /sys/fs/cgroup tmpfs ro 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n")
        .is("healthy", "");
}

#[test]
fn a_pool_that_is_full_is_no_broken_file_system() {
    let thin = "lvmthin: local-lvm\n\tthinpool data\n\tvgname pve\n\tcontent rootdir,images\n";
    let full =
        "4,1,1,-;device-mapper: thin: 253:4: switching pool to out-of-data-space (error IO) mode\n";
    let node = |status: u32, log: &str| {
        failed(&hook(status))
            .config("rootfs: local-lvm:vm-958-disk-0,size=8G\n")
            .write("etc/pve/storage.cfg", thin)
            .write("dev/kmsg", log)
    };
    node(32, full).is("pool-full", "confirmed");
    node(255, full).is("pool-full", "confirmed");
    let extended = "4,2,2,-;device-mapper: thin: 253:4: switching pool to write mode\n";
    node(32, &format!("{full}{extended}")).is("rootfs-unmountable", "likely");
    failed(&hook(1))
        .write("dev/kmsg", full)
        .is("inconclusive", "");
}

#[test]
fn a_limit_of_the_kernel_is_no_full_file_system() {
    failed(&lxc(
        "No space left on device - Failed to create keyring",
        0,
    ))
    .is("inconclusive", "");
    failed(
        &(lxc(
            "unable to open file '/fastboot.tmp.1' - No space left on device",
            0,
        ) + &hook(1)),
    )
    .is("rootfs-full", "confirmed");
}
