//! A container's state and a source file, over trees of files and on the machine itself.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, SystemTime};

use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::fact::Fact;
use lxcdiag::evidence::time::Interval;
use lxcdiag::host::{Host, HostError, State};
use tempfile::TempDir;

fn ct(id: u32) -> ContainerId {
    id.try_into().unwrap()
}

fn put(tree: &TempDir, path: &str, text: impl AsRef<[u8]>) {
    let path = tree.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_container_with_a_socket_runs_and_with_a_frozen_cgroup_is_frozen() {
    let sockets = "Num       RefCount Protocol Flags    Type St Inode Path\n\
        000000006b67c7e6: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n\
        000000006b67c7e7: 00000002 00000000 00010000 0001 01 80297 /run/systemd/private\n\
        000000006b67c7e8: 00000003 00000000 00000000 0001 03 80298\n";
    let frozen = [
        (
            "sys/fs/cgroup/freezer/lxc/958/freezer.state",
            "FROZEN\n",
            "THAWED\n",
        ),
        (
            "sys/fs/cgroup/freezer/lxc/958/ns/freezer.state",
            "FREEZING\n",
            "THAWED\n",
        ),
        (
            "sys/fs/cgroup/freezer/lxc.payload.958/freezer.state",
            "FROZEN\n",
            "THAWED\n",
        ),
        ("sys/fs/cgroup/lxc/958/cgroup.freeze", "1\n", "0\n"),
        (
            "sys/fs/cgroup/lxc/958/ns/cgroup.events",
            "populated 1\nfrozen 1\n",
            "populated 1\nfrozen 0\n",
        ),
        ("sys/fs/cgroup/lxc.payload/958/cgroup.freeze", "1\n", "0\n"),
        (
            "sys/fs/cgroup/unified/lxc.payload.958/cgroup.freeze",
            "1\n",
            "0\n",
        ),
    ];
    for (path, yes, no) in frozen {
        let tree = TempDir::new().unwrap();
        let host = Host::at(tree.path());
        assert_eq!(host.state(ct(958)), State::Unknown);
        put(&tree, path, yes);
        put(&tree, "proc/net/unix", "");
        assert_eq!(
            host.state(ct(958)),
            State::Stopped,
            "a cgroup that was left: {path}"
        );
        put(&tree, "proc/net/unix", sockets);
        assert_eq!(host.state(ct(958)), State::Frozen, "{path}");
        assert_eq!(host.state(ct(959)), State::Stopped);
        put(&tree, path, no);
        assert_eq!(host.state(ct(958)), State::Running, "{path}");
    }
}

#[test]
fn a_frozen_cgroup_that_a_killed_container_left_behind_is_not_the_container() {
    let tree = TempDir::new().unwrap();
    let host = Host::at(tree.path());
    let line =
        "000000006b67c7e6: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n";
    put(&tree, "proc/net/unix", line);
    put(
        &tree,
        "sys/fs/cgroup/freezer/lxc.payload.958/freezer.state",
        "FROZEN\n",
    );
    put(
        &tree,
        "sys/fs/cgroup/freezer/lxc.payload.958/cgroup.procs",
        "",
    );
    put(
        &tree,
        "sys/fs/cgroup/unified/lxc.payload.958/cgroup.freeze",
        "1\n",
    );
    put(
        &tree,
        "sys/fs/cgroup/unified/lxc.payload.958/cgroup.events",
        "populated 0\nfrozen 1\n",
    );
    assert_eq!(host.state(ct(958)), State::Running);

    // LXC created another cgroup for the running one.
    put(
        &tree,
        "sys/fs/cgroup/freezer/lxc.payload.958-1/freezer.state",
        "FROZEN\n",
    );
    put(
        &tree,
        "sys/fs/cgroup/freezer/lxc.payload.958-1/cgroup.procs",
        "4711\n",
    );
    assert_eq!(host.state(ct(958)), State::Frozen);
    put(
        &tree,
        "sys/fs/cgroup/freezer/lxc.payload.958-1/freezer.state",
        "THAWED\n",
    );
    assert_eq!(host.state(ct(958)), State::Running);
    // In version 2 the processes are in a cgroup below.
    put(&tree, "sys/fs/cgroup/lxc/958/cgroup.procs", "");
    put(&tree, "sys/fs/cgroup/lxc/958/cgroup.freeze", "1\n");
    put(
        &tree,
        "sys/fs/cgroup/lxc/958/cgroup.events",
        "populated 1\nfrozen 0\n",
    );
    assert_eq!(host.state(ct(958)), State::Frozen);
}

#[test]
fn the_facts_of_a_source_file() {
    let tree = TempDir::new().unwrap();
    put(&tree, "root/unit.service", "abc");
    let file = fs::File::options()
        .write(true)
        .open(tree.path().join("root/unit.service"))
        .unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::new(1_795_387_806, 123_456_789))
        .unwrap();
    let facts = Host::at(tree.path()).source("/root/unit.service").unwrap();
    let at = 1_795_387_806_123_456_789;
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let expected = [
        ("modified", Fact::Time(Interval::new(at, at + 10_000_000))),
        ("path", Fact::Text("/root/unit.service".into())),
        ("sha256", Fact::Text(sum.into())),
        ("size", Fact::Int(3)),
    ];
    let facts: Vec<_> = facts.into_iter().collect();
    assert_eq!(facts, expected.map(|(name, fact)| (name.into(), fact)));
}

#[test]
fn a_file_that_is_too_large_has_no_sum() {
    let tree = TempDir::new().unwrap();
    let file = fs::File::create(tree.path().join("huge")).unwrap();
    file.set_len((1 << 30) + 1).unwrap();
    let facts = Host::at(tree.path()).source("/huge").unwrap();
    assert_eq!(facts["size"], Fact::Int((1 << 30) + 1));
    assert!(!facts.contains_key("sha256"));
}

#[test]
fn a_source_must_be_a_regular_file() {
    let tree = TempDir::new().unwrap();
    let host = Host::at(tree.path());
    fs::create_dir(tree.path().join("dir")).unwrap();
    put(&tree, "file", "");
    let fifo = tree.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket")).unwrap();
    symlink("loop", tree.path().join("loop")).unwrap();
    for (path, message) in [
        (
            "/dir",
            "not a regular file on the host, but a directory: \"/dir\"",
        ),
        (
            "/dir/",
            "not a regular file on the host, but a directory: \"/dir/\"",
        ),
        (
            "/",
            "not a regular file on the host, but a directory: \"/\"",
        ),
        (
            "/fifo",
            "not a regular file on the host, but a FIFO: \"/fifo\"",
        ),
        (
            "/socket",
            "not a regular file on the host, but a socket: \"/socket\"",
        ),
        (
            "/gone\u{1b}[2J",
            "file does not exist on the host: \"/gone\\u{1b}[2J\"",
        ),
        ("/file/x", "file does not exist on the host: \"/file/x\""),
        ("file", "path of the source file is not absolute: \"file\""),
        ("", "path of the source file is not absolute: \"\""),
        ("/loop", "cannot read \"/loop\""),
        ("/a\0b", "cannot read \"/a\\0b\""),
    ] {
        assert_eq!(host.source(path).unwrap_err().to_string(), message);
    }
}

/// Reading one may block, as /proc/kmsg does, and takes what it has from others.
#[test]
fn a_source_that_the_kernel_makes_is_refused() {
    let error = Host::at("/").source("/proc/version").unwrap_err();
    assert_eq!(
        error.to_string(),
        "not a regular file on the host, but a file that the kernel makes: \"/proc/version\""
    );
}

#[test]
fn this_machine_is_read_in_the_same_way() {
    let tree = TempDir::new().unwrap();
    put(&tree, "file", "abc");
    let path = tree.path().join("file");
    let host = Host::default();
    assert_eq!(host.source(&path).unwrap()["size"], Fact::Int(3));
    assert!(matches!(
        host.source("/dev/null"),
        Err(HostError::NotAFile {
            kind: "a device",
            ..
        })
    ));
    assert!(host.node().kernel.is_some());
    assert_eq!(host.state(ct(958_958_958)), State::Stopped);
}

/// The tests may run as root, which can read everything.
#[test]
fn the_hint_of_a_file_without_permission_is_to_run_as_root() {
    let error = HostError::Unreadable {
        path: "/etc/pve/priv".into(),
        source: std::io::ErrorKind::PermissionDenied.into(),
    };
    assert_eq!(error.hint().as_deref(), Some("run lxcdiag as root"));
}
