//! The script runs on files of this machine; its output is also written manually.

use std::process::Command;

use proptest::prelude::*;

use super::super::look::Look;
use super::*;
use crate::evidence::fact::Fact;
use crate::fixture::ct;
use crate::host::State;

const UPID: &str = "UPID:pve2:00004369:00047A96:6B03719E:push_file:958:root@pam:";
const ENDED: &str = "UPID:pve2:0000436C:00047B03:6B03719F:vzstart:958:root@pam:";
const OTHERS: &str = "UPID:pve2:0000436D:00047B03:6B03719F:vzstart:9580:root@pam:";

fn printed(lines: &[&str]) -> Vec<u8> {
    let lines = [
        &["clock 1795390743.500000001 2936.35 1795390743.520000000"],
        lines,
    ]
    .concat();
    lines.join("\n").into_bytes()
}

#[test]
fn files_are_read_as_they_were_printed() {
    let text = printed(&[
        "directory var/log/pve/tasks",
        "file var/log/pve/tasks/index",
        "b25l",
        "IHR3bw==",
        ". 1795387806.123456789",
        "file proc/sys/kernel/hostname",
        ".",
        "end",
    ]);
    let files = parse(&text).unwrap();
    assert_eq!(files.directories, ["var/log/pve/tasks"]);
    assert_eq!(files.files[0].bytes, b"one two");
    assert_eq!(files.files[0].modified, 1_795_387_806_123_456_789);
    assert_eq!(files.files[1].bytes, b"");
}

#[test]
fn truncated_output_and_paths_outside_the_directory_are_refused() {
    for (lines, expected) in [
        (&["directory var"][..], "the output is incomplete"),
        (&["file etc/x", "b25l"], "the output is incomplete"),
        (
            &["file ../x", ".", "end"],
            "unexpected output: \"file ../x\"",
        ),
        (&["file /x", ".", "end"], "unexpected output: \"file /x\""),
        (
            &["directory a/../../b", "end"],
            "unexpected output: \"directory a/../../b\"",
        ),
        (&["file x", ". -1", "end"], "unexpected output: \"file x\""),
        (
            &["file x", "%", ".", "end"],
            "unexpected output: \"file x\"",
        ),
        (
            &["Linux pve2 6.8", "end"],
            "unexpected output: \"Linux pve2 6.8\"",
        ),
    ] {
        assert_eq!(parse(&printed(lines)).unwrap_err(), expected);
    }
    assert!(parse(b"").is_err() && parse(b"clock 1 2\nend").is_err());
}

#[test]
fn the_difference_of_the_clocks_is_as_wide_as_the_round_trip() {
    let clock = parse(&printed(&["end"])).unwrap().clock;
    const MS: i64 = 1_000_000;
    let (before, after) = (1_795_390_743_500_000_001, 1_795_390_743_520_000_000);
    // 0x47A96 ticks after this boot it was 0x6B03719E s, as in the task log above.
    let boot = clock.boot();
    assert_eq!(boot.start, before - 2_936_360 * MS);
    assert_eq!(boot.end, after - 2_936_350 * MS);
    for (sent, received, least, most) in [
        (before - 30 * MS, after + 5 * MS, -5, 30),
        (before, after, 0, 0),
        (before - 1_030 * MS, after - 995 * MS, 995, 1_030),
        (before + 970 * MS, after + 1_005 * MS, -1_005, -970),
    ] {
        assert_eq!(
            clock.ahead(sent, received),
            Interval::new(least * MS, most * MS)
        );
    }
}

proptest! {
    /// However long each step took and whatever the clocks say: the true difference is never excluded.
    #[test]
    fn the_true_difference_of_the_clocks_lies_in_the_interval(
        offset in -100 * SECOND..100 * SECOND,
        steps in prop::array::uniform3(0..20 * SECOND),
    ) {
        let sent = 1_795_390_743 * SECOND;
        let before = sent + steps[0];
        let after = before + steps[1];
        let received = after + steps[2];
        let clock = Clock { before: before + offset, uptime: 0, after: after + offset };
        let ahead = clock.ahead(sent, received);
        prop_assert!(ahead.start <= offset && offset <= ahead.end, "{ahead:?}");
    }
}

/// A snapshot of files that a test has written.
fn snapshot_of(files: &[(&str, &str)]) -> (NodeSnapshot, TempDir) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let script = script().replace("cd / ||", &format!("cd '{}' ||", root.path().display()));
    let output = Command::new("sh")
        .args(["-c", &script, "sh", "958", "pve2"])
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    let copies = tempfile::tempdir().unwrap();
    let look = Box::new(Look::new(Vec::new()));
    let snapshot = NodeSnapshot::new(copies.path(), "pve2", &output.stdout, 0, 0, look).unwrap();
    (snapshot, copies)
}

const SOCKETS: &str = "Num RefCount Protocol Flags Type St Inode Path\n\
    0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n";

#[test]
fn the_probes_of_a_snapshot_are_those_of_a_host() {
    let index = format!(
        "{OTHERS} 6B03719F OK\nUPID:pve2::00047A96:6B03719E:push_file:958:\nUPID:958: *\n{UPID} 6B03719E failed to create file: /etc/x/: Is a directory\n"
    );
    let (snapshot, _copies) = snapshot_of(&[
        ("proc/uptime", "2936.35 5000.00\n"),
        ("proc/net/unix", SOCKETS),
        ("proc/sys/kernel/osrelease", "6.8.12-1-pve\n"),
        ("etc/pve/nodes/pve2/lxc/958.conf", "hostname: far\n"),
        ("sys/fs/cgroup/lxc/958/cgroup.freeze", "0\n"),
        ("var/log/pve/tasks/index", &index),
        ("var/log/pve/tasks/active", &format!("{ENDED} 0\n")),
        (
            &format!("var/log/pve/tasks/E/{UPID}"),
            "TASK ERROR: failed\n",
        ),
        (&format!("var/log/pve/tasks/F/{OTHERS}"), "TASK OK\n"),
        // 0x436C; its 22nd field is 0x47B03.
        (
            "proc/17260/stat",
            "17260 (x) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 293635 100 200",
        ),
    ]);
    let host = &snapshot.host;
    assert_eq!(host.state(ct(958)), State::Running);
    assert_eq!(host.state(ct(959)), State::Stopped);
    let node = host.node();
    assert_eq!(node.name.as_deref(), Some("pve2"));
    assert_eq!(node.kernel.as_deref(), Some("6.8.12-1-pve"));
    let found = host.find(ct(958)).unwrap();
    assert_eq!(
        (found.node.as_str(), found.config.hostname.as_deref()),
        ("pve2", Some("far"))
    );
    let tasks = host.tasks(ct(958), &[]).unwrap();
    assert_eq!(tasks.len(), 2);
    assert_eq!(
        tasks[0]["text"],
        Fact::Text("TASK ERROR: failed\n".to_owned())
    );
    assert_eq!(tasks[0]["ok"], Fact::Bool(false));
    assert_eq!(tasks[1]["upid"], Fact::Text(ENDED.to_owned()));
    assert!(
        !tasks[1].contains_key("end"),
        "it is still running: {:?}",
        tasks[1]
    );
    let refused = host.source("/srv/unit").unwrap_err().to_string();
    assert!(
        refused.contains("of node pve2 from another node; run lxcdiag on pve2"),
        "{refused}"
    );
    let others = snapshot
        .host
        .root
        .join(format!("var/log/pve/tasks/F/{OTHERS}"));
    assert!(!others.exists(), "it is another container's task");
}

#[test]
fn what_is_missing_on_the_node_is_unknown() {
    let (snapshot, _copies) = snapshot_of(&[
        ("proc/uptime", "2936.35 5000.00\n"),
        ("sys/fs/cgroup/lxc.payload.958/cgroup.freeze", "1\n"),
        ("etc/pve/nodes/pve2/lxc/958.conf", ""),
    ]);
    assert_eq!(snapshot.host.state(ct(958)), State::Unknown);
    assert!(snapshot.host.tasks(ct(958), &[]).is_err());
    assert_eq!(snapshot.host.node().kernel, None);
    let (snapshot, _copies) = snapshot_of(&[
        ("proc/uptime", "2936.35 5000.00\n"),
        ("proc/net/unix", SOCKETS),
        ("sys/fs/cgroup/lxc.payload.958/cgroup.freeze", "1\n"),
        ("var/log/pve/tasks/index", ""),
    ]);
    assert_eq!(snapshot.host.state(ct(958)), State::Frozen);
    assert_eq!(snapshot.host.tasks(ct(958), &[]).unwrap().len(), 0);
}
