//! Finding a container and its node, over trees of files as a Proxmox VE host has them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::os::unix::fs::symlink;

use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::fact::Fact;
use lxcdiag::host::{Host, HostError, State};
use tempfile::TempDir;

#[path = "harness/wait.rs"]
mod wait;

const CONFIG: &str = "\
#Embedding server%3A see the wiki
arch: amd64
cores: 2
features: nesting=1
hostname: embed
lock: backup
memory: 2048
net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth
ostype: debian
rootfs: local-lvm:vm-958-disk-0,size=8G
swap: 512
unprivileged: 1

[before-upgrade]
hostname: older
lock: snapshot
template: 1
";

fn ct(id: u32) -> ContainerId {
    id.try_into().unwrap()
}

fn put(tree: &TempDir, path: &str, text: impl AsRef<[u8]>) {
    let path = tree.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A cluster of two nodes, seen from `pve1`.
fn cluster() -> (TempDir, Host) {
    let tree = TempDir::new().unwrap();
    for (path, text) in [
        ("etc/pve/nodes/pve1/lxc/958.conf", CONFIG),
        (
            "etc/pve/nodes/pve1/lxc/900.conf",
            "arch: amd64\ntemplate: 1\n",
        ),
        ("etc/pve/nodes/pve1/qemu-server/101.conf", "cores: 4\n"),
        ("etc/pve/nodes/pve2/lxc/970.conf", "arch: amd64\n"),
        ("etc/pve/nodes/pve2/lxc/0985.conf", "arch: amd64\n"),
        ("etc/pve/nodes/pve2/lxc/984.conf.tmp", "arch: amd64\n"),
        ("etc/pve/nodes/pve2/qemu-server/102.conf", "cores: 4\n"),
        ("proc/sys/kernel/hostname", "pve1.example.org\n"),
        ("proc/sys/kernel/osrelease", "6.14.8-2-pve\n"),
        (
            "proc/net/unix",
            "Num       RefCount Protocol Flags    Type St Inode Path\n",
        ),
    ] {
        put(&tree, path, text);
    }
    symlink("nodes/pve1", tree.path().join("etc/pve/local")).unwrap();
    symlink("nodes/pve1/lxc", tree.path().join("etc/pve/lxc")).unwrap();
    let host = Host::at(tree.path());
    (tree, host)
}

#[test]
fn a_container_is_found_with_its_configuration() {
    let (_tree, host) = cluster();
    let found = host.find(ct(958)).unwrap();
    assert_eq!(found.node, "pve1");
    assert_eq!(found.config.hostname.as_deref(), Some("embed"));
    assert_eq!(found.config.lock.as_deref(), Some("backup"));
    assert!(found.config.unprivileged && !found.config.template);
    assert!(found.config.text.ends_with("unprivileged: 1"));
}

#[test]
fn each_reason_not_to_find_a_container_has_a_message_and_a_hint() {
    let (tree, host) = cluster();
    let cases = [
        (
            985,
            "container 985 does not exist on any node",
            "the nearest IDs are 970, 958, 900",
        ),
        (
            970,
            "container 970 is on node \"pve2\", not on this node (\"pve1\")",
            "use `--node pve2`, or run lxcdiag on that node",
        ),
        (
            101,
            "101 on node \"pve1\" is a virtual machine, not a container",
            "`pct list` shows the containers of this node",
        ),
        (
            102,
            "102 on node \"pve2\" is a virtual machine, not a container",
            "`pct list` shows the containers of this node",
        ),
        (
            900,
            "container 900 is a template, which cannot be started",
            "diagnose a container that was cloned from it",
        ),
    ];
    for (id, message, hint) in cases {
        let error = host.find(ct(id)).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint().as_deref(), Some(hint));
        assert!(!error.is_unknown());
    }
    fs::remove_dir_all(tree.path().join("etc/pve/nodes/pve2")).unwrap();
    fs::remove_dir_all(tree.path().join("etc/pve/nodes/pve1/lxc")).unwrap();
    let error = host.find(ct(958)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "container 958 does not exist on any node"
    );
    assert_eq!(
        error.hint().as_deref(),
        Some("the cluster has no containers")
    );
}

#[test]
fn a_configuration_that_is_not_a_regular_file_is_unreadable() {
    let (tree, host) = cluster();
    let path = tree.path().join("etc/pve/nodes/pve1/lxc/777.conf");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    let error = host.find(ct(777)).unwrap_err();
    assert!(
        matches!(&error, HostError::Unreadable { path: shown, .. } if *shown == path),
        "{error:?}"
    );
}

#[test]
fn without_a_cluster_file_system_only_the_state_is_known() {
    let tree = TempDir::new().unwrap();
    let host = Host::at(tree.path());
    assert!(matches!(
        host.find(ct(958)),
        Err(HostError::NoClusterFileSystem {
            source: Some(_),
            ..
        })
    ));
    fs::create_dir_all(tree.path().join("etc/pve/nodes")).unwrap();
    let error = host.find(ct(958)).unwrap_err();
    assert!(
        matches!(error, HostError::NoClusterFileSystem { source: None, .. }),
        "{error:?}"
    );
    assert!(error.is_unknown());
    put(&tree, "proc/net/unix", "");
    let facts = host.container(ct(958)).unwrap();
    assert_eq!(facts.len(), 2);
    assert_eq!(facts["status"], Fact::Text("stopped".into()));
    assert_eq!(facts["running"], Fact::Bool(false));
}

#[test]
fn a_container_as_facts() {
    let (_tree, host) = cluster();
    let facts = host.container(ct(958)).unwrap();
    for (name, text) in [
        ("status", "stopped"),
        ("lock", "backup"),
        ("hostname", "embed"),
        ("ostype", "debian"),
    ] {
        assert_eq!(facts[name], Fact::Text(text.into()), "{name}");
    }
    assert!(matches!(&facts["config"], Fact::Text(text) if text.contains("\nnet0: name=eth0,")));
    assert_eq!(facts["running"], Fact::Bool(false));
    assert_eq!(facts["unprivileged"], Fact::Bool(true));
    assert_eq!(facts["template"], Fact::Bool(false));
    assert_eq!(facts["onboot"], Fact::Bool(false));
    assert_eq!(facts["pending"], Fact::List(Vec::new()));
    assert_eq!(facts.len(), 10);
}

#[test]
fn the_name_of_the_node_is_that_in_the_cluster() {
    let (tree, host) = cluster();
    put(
        &tree,
        "var/lib/dpkg/status",
        "Package: pve-manager\nStatus: install ok installed\nVersion: 9.0.3\n\n\
         Package: pve-container\nStatus: install ok installed\nVersion: 6.0.9\n",
    );
    let facts: Vec<_> = host.node().facts().into_iter().collect();
    let expected = [
        ("kernel", "6.14.8-2-pve"),
        ("node", "pve1"),
        ("pve_container", "6.0.9"),
        ("pve_manager", "9.0.3"),
    ];
    assert_eq!(
        facts,
        expected.map(|(name, text)| (name.into(), Fact::Text(text.into())))
    );

    // The link has precedence; without it, the name is the host name without its domain.
    put(&tree, "proc/sys/kernel/hostname", "pve2.example.org\n");
    assert_eq!(host.node().name.as_deref(), Some("pve1"));
    fs::remove_file(tree.path().join("etc/pve/local")).unwrap();
    assert_eq!(host.node().name.as_deref(), Some("pve2"));
    assert!(host.find(ct(970)).is_ok());

    let empty = TempDir::new().unwrap();
    assert!(Host::at(empty.path()).node().facts().is_empty());
}

#[test]
fn links_stay_below_the_root() {
    let (tree, host) = cluster();
    let link = |target: &str, name: &str| {
        symlink(
            target,
            tree.path().join("etc/pve/nodes/pve1/lxc").join(name),
        )
        .unwrap();
    };
    put(&tree, "srv/real.conf", "hostname: linked\n");
    link("/srv/real.conf", "501.conf");
    assert_eq!(
        host.find(ct(501)).unwrap().config.hostname.as_deref(),
        Some("linked")
    );
    link("../../../../../../../../../../../../etc/passwd", "502.conf");
    assert!(matches!(
        host.find(ct(502)),
        Err(HostError::Unreadable { .. })
    ));
}

#[test]
fn a_host_for_many_containers_sees_one_stop() {
    let (tree, host) = cluster();
    let host = host.for_many();
    let monitor = "0: 00000002 00000000 00010000 0001 01 7 @/var/lib/lxc/958/command\n";
    put(&tree, "proc/net/unix", monitor);
    assert_eq!(host.state(ct(958)), State::Running);
    put(&tree, "proc/net/unix", "");
    let status = || host.container(ct(958)).unwrap()["status"].clone();
    // What was read before is used for a second.
    wait::wait_until("the container has stopped", || {
        status() == Fact::Text("stopped".into())
    });
    put(&tree, "proc/net/unix", monitor);
    assert_eq!(host.state(ct(958)), State::Running);
    assert_eq!(status(), Fact::Text("running".into()));
}
