//! The backups of a container, over trees of files as a Proxmox VE host has them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::time::{Duration, SystemTime};

use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::fact::{Fact, Facts};
use lxcdiag::evidence::time::SECOND;
use lxcdiag::host::Host;
use tempfile::TempDir;

/// 2026-01-02 00:00:00 UTC.
const S: u32 = 1_767_312_000;
const HOUR: u32 = 3_600;

/// A host with the container 958, whose files were last changed a month before [`S`].
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(TempDir::new().unwrap());
        tree.put("etc/pve/nodes/pve1/lxc/958.conf", "hostname: web\n");
        fs::create_dir_all(tree.0.path().join("var/log/pve/tasks")).unwrap();
        tree
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        let month_before = Duration::from_secs(u64::from(S - 720 * HOUR));
        file.set_modified(SystemTime::UNIX_EPOCH + month_before)
            .unwrap();
    }

    /// Logs a task that took a minute.
    fn task(&self, kind: &str, id: &str, begin: u32, status: &str, output: &str) {
        let upid = format!("UPID:pve1:00000100:00000200:{begin:08X}:{kind}:{id}:root@pam:");
        let index = self.0.path().join("var/log/pve/tasks/index");
        let before = fs::read_to_string(&index).unwrap_or_default();
        self.put(
            "var/log/pve/tasks/index",
            &format!("{upid} {:08X} {status}\n{before}", begin + 60),
        );
        self.put(
            &format!("var/log/pve/tasks/{:X}/{upid}", begin & 0xF),
            output,
        );
    }

    fn job(&self, settings: &str) {
        self.put(
            "etc/pve/jobs.cfg",
            &format!("vzdump: nightly\n\tenabled 1\n\tschedule 02:30\n\t{settings}\n\n"),
        );
    }

    fn found(&self) -> Facts {
        Host::at(self.0.path())
            .backups(ContainerId::try_from(958).unwrap())
            .unwrap()
    }
}

/// The whole second at which a fact begins.
fn second(facts: &Facts, name: &str) -> Option<u32> {
    match facts.get(name)? {
        Fact::Time(time) => u32::try_from(time.start / SECOND).ok(),
        other => panic!("{name}: {other:?}"),
    }
}

fn text<'a>(facts: &'a Facts, name: &str) -> Option<&'a str> {
    match facts.get(name)? {
        Fact::Text(text) => Some(text),
        other => panic!("{name}: {other:?}"),
    }
}

const GOOD: &str =
    "INFO: Starting Backup of VM 958 (lxc)\nINFO: Finished Backup of VM 958 (00:00:41)\n";
const BAD: &str = "INFO: Starting Backup of VM 958 (lxc)\n\
    ERROR: Backup of VM 958 failed - command 'lxc-usernsexec … tar …' failed: exit code 2\nINFO: Failed at 2026-01-02 02:31:00\n";
const OTHER: &str =
    "INFO: Finished Backup of VM 9580 (00:00:41)\nERROR: Backup of VM 95 failed - no space left\n";

#[test]
fn a_container_without_backups_and_jobs_has_no_facts() {
    let tree = Tree::new();
    assert_eq!(tree.found(), Facts::new());
    tree.task("vzdump", "", S, "OK", OTHER);
    tree.task(
        "vzdump",
        "959",
        S,
        "command failed",
        "TASK ERROR: command failed\n",
    );
    assert_eq!(tree.found(), Facts::new());
}

#[test]
fn a_host_without_proxmox_ve_has_no_backups() {
    let tree = TempDir::new().unwrap();
    let found = Host::at(tree.path()).backups(ContainerId::try_from(958).unwrap());
    assert_eq!(found.unwrap(), Facts::new());
}

#[test]
fn the_last_backup_counts_whether_of_a_job_or_by_hand() {
    let tree = Tree::new();
    tree.task("vzdump", "", S, "OK", GOOD);
    tree.task("vzdump", "", S + HOUR, "OK", OTHER);
    assert_eq!(second(&tree.found(), "last"), Some(S + 60));
    tree.task("vzdump", "958", S + 2 * HOUR, "OK", GOOD);
    let found = tree.found();
    assert_eq!(second(&found, "last"), Some(S + 2 * HOUR + 60));
    assert_eq!(found.len(), 1);
}

#[test]
fn a_failed_backup_counts_until_the_next_good_one() {
    let tree = Tree::new();
    tree.task("vzdump", "", S, "OK", GOOD);
    // The task failed because of this container; the other containers of the job were backed up.
    tree.task("vzdump", "", S + HOUR, "job errors", BAD);
    let found = tree.found();
    assert_eq!(second(&found, "last"), Some(S + 60));
    assert_eq!(second(&found, "failed_at"), Some(S + HOUR + 60));
    assert_eq!(
        text(&found, "error"),
        Some("command 'lxc-usernsexec … tar …' failed: exit code 2")
    );
    assert!(text(&found, "upid").unwrap().contains(":vzdump::"));
    // Another container of a job failed, not this one.
    tree.task(
        "vzdump",
        "",
        S + 2 * HOUR,
        "job errors",
        &format!("{OTHER}{GOOD}"),
    );
    let found = tree.found();
    assert_eq!(second(&found, "last"), Some(S + 2 * HOUR + 60));
    assert_eq!(text(&found, "error"), None);
}

#[test]
fn only_a_job_that_selects_the_container_promises_backups() {
    for (settings, selects) in [
        ("vmid 957,958", true),
        ("vmid 957,9580", false),
        ("all 1", true),
        ("all 1\n\texclude 100,958", false),
        ("all 0", false),
        ("all 1\n\tnode pve1", true),
        ("all 1\n\tnode pve2", false),
        ("all 1\n\tenabled 0", false),
        ("pool shop", true),
        ("pool lab", false),
    ] {
        let tree = Tree::new();
        tree.put(
            "etc/pve/user.cfg",
            "pool:shop::957,958::\npool:lab::100::\n",
        );
        tree.job(settings);
        let found = tree.found();
        assert_eq!(
            text(&found, "job"),
            selects.then_some("nightly"),
            "{settings}"
        );
        assert_eq!(
            text(&found, "schedule"),
            selects.then_some("02:30"),
            "{settings}"
        );
        assert_eq!(found.contains_key("allowed"), selects, "{settings}");
    }
}

#[test]
fn the_time_counts_from_the_last_backup_or_change() {
    let tree = Tree::new();
    tree.job("all 1");
    // What the log does not reach back to is unknown.
    assert_eq!(second(&tree.found(), "counted_from"), None);
    tree.task("vzstart", "958", S - 48 * HOUR, "OK", "");
    assert_eq!(second(&tree.found(), "counted_from"), Some(S - 48 * HOUR));
    tree.task("vzdump", "", S, "OK", GOOD);
    let found = tree.found();
    assert_eq!(second(&found, "counted_from"), Some(S + 60));
    assert_eq!(found["allowed"], Fact::Int(2 * 86_400));
    // The job is newer than the last backup.
    let jobs = fs::File::options()
        .write(true)
        .open(tree.0.path().join("etc/pve/jobs.cfg"));
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(S + 5 * HOUR));
    jobs.unwrap().set_modified(changed).unwrap();
    assert_eq!(second(&tree.found(), "counted_from"), Some(S + 5 * HOUR));
}
