//! The host's task log, over trees of files as a Proxmox VE host has them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::fact::{Fact, Facts};
use lxcdiag::evidence::time::{Interval, SECOND};
use lxcdiag::host::{Host, HostError};
use proptest::prelude::*;
use tempfile::TempDir;

// A push that failed and one that went well, as the real `pct` logged them.
const FAILED: &str = "UPID:vm:00004369:00047A96:6B03719E:push_file:958:root@pam:";
const WELL: &str = "UPID:vm:0000436C:00047B03:6B03719F:push_file:958:root@pam:";
const REASON: &str = "failed to create file: /etc/systemd/system/: Is a directory";
/// 0x6B03719E.
const S: i64 = 1_795_387_806;

fn ct(id: u32) -> ContainerId {
    id.try_into().unwrap()
}

fn put(tree: &TempDir, path: &str, text: impl AsRef<[u8]>) {
    let path = tree.path().join("var/log/pve/tasks").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Writes the output of a task, last written this many milliseconds after [`S`].
fn put_output(tree: &TempDir, path: &str, text: impl AsRef<[u8]>, at_ms: u64) {
    put(tree, path, text);
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(S as u64 * 1_000 + at_ms);
    let path = tree.path().join("var/log/pve/tasks").join(path);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

fn tasks(tree: &TempDir, types: &[&str]) -> Vec<Facts> {
    let types: Vec<_> = types.iter().map(|kind| (*kind).to_owned()).collect();
    Host::at(tree.path()).tasks(ct(958), &types).unwrap()
}

fn text<'a>(task: &'a Facts, name: &str) -> Option<&'a str> {
    match task.get(name)? {
        Fact::Text(text) => Some(text),
        other => panic!("{name}: {other:?}"),
    }
}

fn time(task: &Facts, name: &str) -> Option<Interval> {
    match task.get(name)? {
        Fact::Time(time) => Some(*time),
        other => panic!("{name}: {other:?}"),
    }
}

fn ms(from: i64, to: i64) -> Interval {
    Interval::new(S * SECOND + from * 1_000_000, S * SECOND + to * 1_000_000)
}

#[test]
fn the_incident_is_in_the_log() {
    let tree = TempDir::new().unwrap();
    put(
        &tree,
        "index",
        format!("{FAILED} 6B03719E {REASON}\n{WELL} 6B03719F OK\n"),
    );
    let output = format!("{REASON}\n\nTASK ERROR: {REASON}\n");
    put_output(&tree, &format!("E/{FAILED}"), &output, 640);
    put_output(&tree, &format!("F/{WELL}"), "TASK OK\n", 1_730);
    let found = tasks(&tree, &["push_file"]);
    assert_eq!(found.len(), 2);

    assert_eq!(text(&found[0], "upid"), Some(FAILED));
    assert_eq!(text(&found[0], "type"), Some("push_file"));
    assert_eq!(text(&found[0], "user"), Some("root@pam"));
    assert_eq!(text(&found[0], "status"), Some(REASON));
    assert_eq!(found[0]["ok"], Fact::Bool(false));
    // Of some earlier boot: the whole second.
    assert_eq!(time(&found[0], "begin"), Some(ms(0, 1_000)));
    assert_eq!(time(&found[0], "end"), Some(ms(640, 650)));
    assert_eq!(text(&found[0], "text"), Some(output.as_str()));
    assert_eq!(found[0].len(), 8);

    assert_eq!(text(&found[1], "upid"), Some(WELL));
    assert_eq!(found[1]["ok"], Fact::Bool(true));
    assert_eq!(time(&found[1], "end"), Some(ms(1_730, 1_740)));
}

#[test]
fn all_three_lists_make_one_log() {
    let tree = TempDir::new().unwrap();
    let old = "UPID:vm:00004001:00047000:6B037000:vzstart:958:root@pam!ci:";
    let running = "UPID:vm:00004400:00048000:6B0371B0:vzdump:958:root@pam:";
    put(&tree, "index.1", format!("{old} 6B037001 OK\n"));
    put(
        &tree,
        "index",
        format!("{FAILED} 6B03719E {REASON}\n{WELL} 6B03719F WARNINGS: 1\n"),
    );
    put(
        &tree,
        "active",
        format!("{running} 0\n{WELL} 1 6B03719F WARNINGS: 1\n{FAILED} 0\n"),
    );
    let found = tasks(&tree, &[]);
    let upids: Vec<_> = found
        .iter()
        .map(|task| text(task, "upid").unwrap())
        .collect();
    assert_eq!(upids, [old, FAILED, WELL, running]);
    assert_eq!(text(&found[0], "user"), Some("root@pam!ci"));
    // Still running when `active` was written, ended by the time of `index`.
    assert_eq!(text(&found[1], "status"), Some(REASON));
    assert_eq!(time(&found[1], "end"), Some(ms(0, 1_010)));
    assert_eq!(found[2]["ok"], Fact::Bool(true));
    for name in ["status", "ok", "end", "text"] {
        assert!(!found[3].contains_key(name), "{name}");
    }
    assert_eq!(tasks(&tree, &["vzstart", "push_file"]).len(), 3);
}

#[test]
fn tasks_of_another_container_are_not_included() {
    let tree = TempDir::new().unwrap();
    let lines: String = ["959", "95", "9580", "", "0958"]
        .iter()
        .map(|id| FAILED.replace(":958:", &format!(":{id}:")) + " 6B03719E OK\n")
        .collect();
    put(
        &tree,
        "index",
        format!("{lines}garbage\n\n\u{0}\n{FAILED} 6B03719E OK"),
    );
    let log = Host::at(tree.path()).tasks(ct(958), &[]).unwrap();
    assert_eq!(log.len(), 1);
}

#[test]
fn the_end_of_a_task_that_is_not_noted_yet_is_in_its_output() {
    let tree = TempDir::new().unwrap();
    put(&tree, "active", format!("{FAILED} 0\n"));
    put_output(
        &tree,
        &format!("E/{FAILED}"),
        format!("\nTASK ERROR: {REASON}\n"),
        640,
    );
    let found = tasks(&tree, &[]);
    assert_eq!(text(&found[0], "status"), Some(REASON));
    assert_eq!(time(&found[0], "end"), Some(ms(640, 650)));

    // While its process is there, what it prints is not its end.
    let stat =
        "17257 (task UPID:vm) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 293526 100 200\n";
    let path = tree.path().join("proc/17257/stat");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, stat).unwrap();
    let found = tasks(&tree, &[]);
    assert_eq!(
        (text(&found[0], "status"), time(&found[0], "end")),
        (None, None)
    );
    assert!(found[0].contains_key("text"));

    // Another process of the same ID is not the task's.
    fs::write(&path, stat.replace("293526", "293527")).unwrap();
    assert_eq!(text(&tasks(&tree, &[])[0], "status"), Some(REASON));
}

#[test]
fn a_task_of_this_boot_began_with_its_process() {
    let since_epoch = || {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
    };
    let before = since_epoch();
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let after = since_epoch();
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().nth(19).unwrap().parse().unwrap();
    let seconds = before.as_secs();
    let upid = format!(
        "UPID:vm:{:08X}:{ticks:08X}:{seconds:08X}:push_file:958:root@pam:",
        child.id()
    );
    let tree = TempDir::new().unwrap();
    put(&tree, "active", format!("{upid} 0\n"));
    let begin = time(&tasks(&tree, &[])[0], "begin").unwrap();
    assert!(begin.end - begin.start < 20_000_000, "{begin:?}");
    let spawned = Interval::new(before.as_nanos() as i64, after.as_nanos() as i64);
    assert_eq!(begin.before(spawned), None, "{begin:?} {spawned:?}");
}

#[test]
fn of_a_long_output_the_middle_is_dropped_and_invalid_utf8_is_replaced() {
    let tree = TempDir::new().unwrap();
    let status = "failed to open '/\u{1b}]0;x\u{7}\u{202e}' for reading";
    put(&tree, "index", format!("{FAILED} 6B03719E {status}\n"));
    let mut output = b"first\xff\n".to_vec();
    output.resize(1_000_000, b'x');
    output.extend_from_slice(b"\nTASK ERROR: last\n");
    put_output(&tree, &format!("E/{FAILED}"), &output, 500);
    let found = tasks(&tree, &[]);
    let shown = text(&found[0], "text").unwrap();
    assert!(shown.starts_with("first\u{fffd}\nx") && shown.ends_with("x\nTASK ERROR: last\n"));
    // 1,000,018 bytes, of which 64 KiB are kept.
    assert!(shown.contains("\n[… 934482 bytes dropped …]\n"));
    assert!(shown.len() < 66_000, "{}", shown.len());
    assert_eq!(time(&found[0], "end"), Some(ms(500, 510)));
    assert_eq!(text(&found[0], "status"), Some(status));
}

#[test]
fn an_output_that_is_not_a_regular_file_is_not_opened() {
    let tree = TempDir::new().unwrap();
    put(&tree, "index", format!("{FAILED} 6B03719E OK\n"));
    put(&tree, "E/other", "");
    let fifo = tree.path().join(format!("var/log/pve/tasks/E/{FAILED}"));
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    let found = tasks(&tree, &[]);
    assert!(!found[0].contains_key("text"));
    assert_eq!(time(&found[0], "end"), Some(ms(0, 1_010)));
}

#[test]
fn of_a_long_list_only_the_end_is_read() {
    let tree = TempDir::new().unwrap();
    // The 8 MiB begin within one of these lines, whose rest is skipped.
    let other = FAILED.replace(":958:", ":1958:") + " 6B03719E OK\n";
    let others = other.repeat(9 * 1024 * 1024 / other.len());
    put(
        &tree,
        "index",
        format!("{FAILED} 6B03719E OK\n{others}{WELL} 6B03719F OK\n"),
    );
    let log = Host::at(tree.path()).tasks(ct(958), &[]).unwrap();
    assert_eq!(log.len(), 1);
    assert_eq!(text(&log[0], "upid"), Some(WELL));
}

#[test]
fn the_outputs_of_the_latest_tasks_are_kept() {
    let tree = TempDir::new().unwrap();
    let mut index = String::new();
    for task in 0..200 {
        let start = S + task;
        let upid = format!("UPID:vm:{task:08X}:00047A96:{start:08X}:push_file:958:root@pam:");
        index.push_str(&format!("{upid} {start:08X} OK\n"));
        put(
            &tree,
            &format!("{:X}/{upid}", start & 15),
            vec![b'x'; 100_000],
        );
    }
    put(&tree, "index", index);
    let found = tasks(&tree, &[]);
    let with_text: Vec<_> = found.iter().map(|task| task.contains_key("text")).collect();
    // 8 MiB in pieces of 64 KiB.
    assert_eq!(with_text, [vec![false; 72], vec![true; 128]].concat());
}

#[test]
fn a_host_without_a_task_log_has_its_own_error() {
    let tree = TempDir::new().unwrap();
    let error = Host::at(tree.path()).tasks(ct(958), &[]).unwrap_err();
    assert!(
        error.is_unknown() && matches!(error, HostError::NoTaskLog(_)),
        "{error:?}"
    );
    let index = tree.path().join("var/log/pve/tasks/index");
    fs::create_dir_all(&index).unwrap();
    let error = Host::at(tree.path()).tasks(ct(958), &[]).unwrap_err();
    assert!(matches!(error, HostError::Unreadable { .. }), "{error:?}");
    fs::remove_dir(index).unwrap();
    assert_eq!(tasks(&tree, &[]), Vec::<Facts>::new());
}

/// Any bytes, and lines that are almost valid.
fn anything() -> impl Strategy<Value = Vec<u8>> {
    let line = "UPID:[a-z]{0,3}:[0-9A-F]{7,9}:[0-9A-F]{7,10}:[0-9A-F]{8}:[a-z_]{0,9}:958:[a-z@!]{0,9}:( [01])?( [0-9A-Fg]{8})?.{0,9}\n";
    let lines = proptest::string::string_regex(&format!("({line}){{0,4}}")).unwrap();
    let config = "(#?[a-z.%]{0,9}[:= ]{0,2}.{0,20}\n|\\[[a-z:]{0,9}\\]\n){0,9}";
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..400),
        lines.prop_map(String::into_bytes),
        config.prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn no_bytes_at_all_break_a_look(bytes in anything(), name in "[0-9]{1,10}") {
        let tree = TempDir::new().unwrap();
        for list in ["index", "index.1", "active"] {
            put(&tree, list, &bytes);
        }
        put(&tree, &format!("E/{FAILED}"), &bytes);
        for path in [
            "etc/pve/nodes/pve1/lxc/958.conf",
            &format!("etc/pve/nodes/pve1/lxc/{name}.conf"),
            "var/lib/dpkg/status",
            "proc/net/unix",
            "proc/sys/kernel/hostname",
        ] {
            let path = tree.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &bytes).unwrap();
        }
        let host = Host::at(tree.path());
        for task in host.tasks(ct(958), &[]).unwrap() {
            prop_assert!(time(&task, "begin").is_some());
        }
        let _ = (host.node(), host.state(ct(958)), host.find(ct(958)), host.container(ct(958)));
    }
}
