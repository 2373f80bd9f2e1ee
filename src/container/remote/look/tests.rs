//! The script is run on files of this machine's; what it prints is also written by hand.

use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::evidence::fact::Fact;
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
fn what_is_cut_short_or_leads_elsewhere_is_refused() {
    for (lines, expected) in [
        (&["directory var"][..], "it ended before all was read"),
        (&["file etc/x", "b25l"], "it ended before all was read"),
        (
            &["file ../x", ".", "end"],
            "it printed what was not asked for: \"file ../x\"",
        ),
        (
            &["file /x", ".", "end"],
            "it printed what was not asked for: \"file /x\"",
        ),
        (
            &["directory a/../../b", "end"],
            "it printed what was not asked for: \"directory a/../../b\"",
        ),
        (
            &["file x", ". -1", "end"],
            "it printed what was not asked for: \"file x\"",
        ),
        (
            &["file x", "%", ".", "end"],
            "it printed what was not asked for: \"file x\"",
        ),
        (
            &["Linux pve2 6.8", "end"],
            "it printed what was not asked for: \"Linux pve2 6.8\"",
        ),
    ] {
        assert_eq!(parse(&printed(lines)).unwrap_err(), expected);
    }
    assert!(parse(b"").is_err() && parse(b"clock 1 2\nend").is_err());
}

#[test]
fn clocks_are_compared_as_well_as_a_round_trip_can_tell() {
    let clock = parse(&printed(&["end"])).unwrap().clock;
    const MS: i64 = 1_000_000;
    let (before, after) = (1_795_390_743_500_000_001, 1_795_390_743_520_000_000);
    // 0x47A96 ticks after this boot it was 0x6B03719E s: the same machine as in the task log above.
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

/// The script, rooted where a test has put files, and what became of them.
fn look(files: &[(&str, &str)]) -> (Look, TempDir) {
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
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
    let copies = tempfile::tempdir().unwrap();
    let look = Look::new(copies.path(), "pve2", &output.stdout, 0, 0).unwrap();
    (look, copies)
}

const SOCKETS: &str = "Num RefCount Protocol Flags Type St Inode Path\n\
    0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n";

#[test]
fn another_node_is_looked_at_like_this_one() {
    let index = format!(
        "{OTHERS} 6B03719F OK\nUPID:pve2::00047A96:6B03719E:push_file:958:\nUPID:958: *\n{UPID} 6B03719E failed to create file: /etc/x/: Is a directory\n"
    );
    let (look, _copies) = look(&[
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
    let host = &look.host;
    assert_eq!(host.state(958), State::Running);
    assert_eq!(host.state(959), State::Stopped);
    let node = host.node();
    assert_eq!(node.name.as_deref(), Some("pve2"));
    assert_eq!(node.kernel.as_deref(), Some("6.8.12-1-pve"));
    let found = host.find(958).unwrap();
    assert_eq!(
        (found.node.as_str(), found.config.hostname.as_deref()),
        ("pve2", Some("far"))
    );
    let tasks = host.tasks(958, &[]).unwrap().tasks;
    assert_eq!(tasks.len(), 2);
    assert_eq!(
        tasks[0]["text"],
        Fact::Text("TASK ERROR: failed\n".to_owned())
    );
    assert_eq!(tasks[0]["ok"], Fact::Bool(false));
    assert_eq!(tasks[1]["upid"], Fact::Text(ENDED.to_owned()));
    assert!(
        !tasks[1].contains_key("end"),
        "it still runs: {:?}",
        tasks[1]
    );
    let refused = host.source("/srv/unit").unwrap_err().to_string();
    assert!(
        refused.contains("on node pve2 is not looked at from another node"),
        "{refused}"
    );
    let others = look.host.root.join(format!("var/log/pve/tasks/F/{OTHERS}"));
    assert!(!others.exists(), "another container's task was fetched");
}

#[test]
fn what_is_not_there_is_not_made_up() {
    let (look, _copies) = look(&[
        ("proc/uptime", "2936.35 5000.00\n"),
        ("sys/fs/cgroup/lxc.payload.958/cgroup.freeze", "1\n"),
        ("etc/pve/nodes/pve2/lxc/958.conf", ""),
    ]);
    assert_eq!(look.host.state(958), State::Unknown);
    assert!(look.host.tasks(958, &[]).is_err());
    assert_eq!(look.host.node().kernel, None);
    let (look, _copies) = self::look(&[
        ("proc/uptime", "2936.35 5000.00\n"),
        ("proc/net/unix", SOCKETS),
        ("sys/fs/cgroup/lxc.payload.958/cgroup.freeze", "1\n"),
        ("var/log/pve/tasks/index", ""),
    ]);
    assert_eq!(look.host.state(958), State::Frozen);
    assert_eq!(look.host.tasks(958, &[]).unwrap().tasks.len(), 0);
}
