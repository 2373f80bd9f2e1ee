//! The script runs on files of this machine; hostile nodes are written manually.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::evidence::fact::Fact;
use crate::evidence::time::Interval;
use crate::fixture::ct;
use crate::host::Host;

fn shell(script: &str) -> Look {
    Look::new(["sh", "-c", script].map(str::to_owned).into())
}

#[test]
fn a_file_is_read_in_pieces_and_a_link_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path().canonicalize().unwrap();
    let at = at.to_str().unwrap();
    std::fs::write(root.path().join("a file"), b"0123\n\xff6789\n\n").unwrap();
    std::os::unix::fs::symlink("a file", root.path().join("link")).unwrap();
    std::os::unix::fs::symlink(".", root.path().join("here")).unwrap();
    let mut look = Look::new(command_words());
    let mut ask = |question: String| look.ask(&question).map_err(|error| error.kind());
    assert_eq!(ask(format!("read 2 5 {at}/a file")).unwrap(), b"23\n\xff6");
    assert_eq!(ask(format!("read 9 99 {at}/a file")).unwrap(), b"9\n\n");
    assert!(ask(format!("read 0 9 {at}/link")).is_err());
    assert!(ask(format!("read 0 9 {at}/here/a file")).is_err());
    assert_eq!(ask(format!("link {at}/link")).unwrap(), b"a file\n");
    assert!(
        ask(format!("stat {at}/link"))
            .unwrap()
            .starts_with(b"a1ff ")
    );
    assert_eq!(ask(format!("stat {at}/nope")), Err(io::ErrorKind::NotFound));
    assert_eq!(
        ask("stat /".to_owned()).unwrap().get(..4),
        Some(&b"41ed"[..])
    );
    assert!(ask(format!("rm {at}/link")).is_err());
    assert!(ask(format!("stat {at}/$(touch {at}/made)")).is_err());
    assert!(!root.path().join("made").exists());
}

/// A node of the cluster with one stopped container in `rootfs`.
fn node(rootfs: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let config = format!(
        "arch: amd64\nrootfs: {rootfs}\nunprivileged: 1\nmp0: /srv/media,mp=/media/x\nmp1: /srv/nope,mp=/x\n\
         mp2: usb:958/vm-958-disk-1.raw,mp=/y\ndev0: /dev/ttyUSB9\nnet0: name=eth0,bridge=vmbr0,mtu=9000\n\
         net1: name=eth1,bridge=vmbr9\nhookscript: local:snippets/h.sh\nlxc.idmap: u 0 100000 1000\n\
         lxc.mount.entry: /srv/with blank x none bind 0 0\n"
    );
    write("etc/pve/nodes/pve2/lxc/958.conf", &config);
    write(
        "etc/pve/storage.cfg",
        "dir: local\n\tpath /data\n\ndir: usb\n\tpath /mnt/usb\n",
    );
    write("etc/fstab", "UUID=1 /mnt/usb ext4 defaults 0 2\n");
    write("etc/subuid", "root:1:1\n");
    write("etc/subgid", "root:100000:65536\n");
    write("proc/mounts", "/dev/sda1 / ext4 rw 0 0\n");
    write("sys/class/net/vmbr0/mtu", "1500\n");
    write("dev/null", "");
    write("srv/media/a file", "");
    write("mnt/usb/x", "");
    write("lib/vz/snippets/h.sh", "#!/bin/sh\n");
    let volume = "lib/vz/images/958/subvol-958-disk-0.subvol";
    write(
        &format!("{volume}/usr/lib/systemd/systemd"),
        "#!/bin/nope\n",
    );
    write(
        &format!("{volume}/usr/lib/os-release"),
        "ID=debian\nVERSION_ID=\"12\"\n",
    );
    write(&format!("{volume}/etc/debian_version"), "12.5\n");
    write(&format!("{volume}/media"), "a file");
    let link = |target: &str, path: &str| {
        std::os::unix::fs::symlink(target, root.path().join(path)).unwrap();
    };
    let init = root.path().join(volume).join("usr/lib/systemd/systemd");
    std::fs::set_permissions(init, std::fs::Permissions::from_mode(0o755)).unwrap();
    link("lib/vz", "data");
    link("usr/lib", &format!("{volume}/lib"));
    link("../usr/lib/os-release", &format!("{volume}/etc/os-release"));
    std::fs::create_dir(root.path().join(volume).join("sbin")).unwrap();
    link("/lib/systemd/systemd", &format!("{volume}/sbin/init"));
    let made = std::process::Command::new("/sbin/mkfs.ext4")
        .args(["-q", "-F", "-O", "mmp", "-d"])
        .arg(root.path().join(volume))
        .arg(root.path().join("lib/vz/images/958/vm-958-disk-0.raw"))
        .arg("16M")
        .status();
    assert!(made.unwrap().success());
    root
}

#[test]
fn another_node_is_seen_as_it_sees_itself() {
    for rootfs in [
        "local:958/subvol-958-disk-0.subvol",
        "local:958/vm-958-disk-0.raw",
    ] {
        let root = node(rootfs);
        let there = root.path().canonicalize().unwrap();
        let look = Box::new(Look::new(command_words()));
        let boot = Interval::at(0);
        let other = Host::copied(root.path(), "pve2", boot, look, there.to_str().unwrap());
        let seen_by = |host: &Host| {
            let mut records = host.configuration(ct(958)).unwrap();
            // Other programs write to that file system as well.
            records[0].remove("pool_free").unwrap();
            records
        };
        let seen = seen_by(&other);
        assert_eq!(seen, seen_by(&Host::at(root.path())));
        let root_file_system = &seen[0];
        assert_eq!(
            root_file_system["init_state"],
            Fact::Text("interpreter-missing".to_owned())
        );
        assert_eq!(root_file_system["os"], Fact::Text("debian".to_owned()));
    }
}

#[test]
fn a_node_that_does_not_answer_is_no_node_without_files() {
    let root = node("local:958/subvol-958-disk-0.subvol");
    let look = Box::new(Look::new(["false".to_owned()].into()));
    let host = Host::copied(root.path(), "pve2", Interval::at(0), look, "/");
    let error = crate::error_chain(&host.configuration(ct(958)).unwrap_err());
    assert!(
        error.ends_with("the node does not answer any more"),
        "{error}"
    );
}

#[test]
fn noise_before_the_first_answer_is_skipped_and_a_node_that_is_lost_stays_lost() {
    let mut look = shell("echo Welcome; echo 'lxcdiag: ready'; read x; printf 'b25lCjAK\\n'");
    assert_eq!(look.ask("stat /").unwrap(), b"one");
    assert!(look.ask("stat /").is_err());
    let message = look.ask("stat /").unwrap_err().to_string();
    assert_eq!(message, "the node does not answer any more");
}

#[test]
fn answers_that_are_too_long_or_malformed_end_the_look() {
    for (script, expected) in [
        ("echo 'lxcdiag: ready'; yes | tr -d '\\n'", "too long"),
        ("yes", "too long"),
        ("echo 'lxcdiag: ready'; echo '%%%'", "unexpected answer"),
        ("exit 1", "does not answer"),
    ] {
        let message = shell(script).ask("stat /").unwrap_err().to_string();
        assert!(message.contains(expected), "{script}: {message}");
    }
}

#[test]
fn an_answer_without_its_status_is_unknown() {
    assert_eq!(content(b"41ed 2\n\n0\n").unwrap(), b"41ed 2\n");
    for answer in [&b""[..], b"\n", b"0\n", b"41ed", b"x\n1\n", b"x\n00\n"] {
        assert!(content(answer).is_err(), "{answer:?}");
    }
}
