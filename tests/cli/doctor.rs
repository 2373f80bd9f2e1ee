//! `doctor`: what makes a host ready, and the fix for each fault.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::environment::{Environment, Finished, make_executable};

/// A host that is ready, and whose clock is synchronised.
fn ready() -> Environment {
    let environment = Environment::new();
    environment.write(
        "host/var/lib/dpkg/status",
        "Package: pve-manager\nStatus: install ok installed\nVersion: 8.4.1\n\n\
         Package: pve-container\nStatus: install ok installed\nVersion: 5.2.6\n\n\
         Package: systemd\nStatus: install ok installed\nVersion: 252.38-1~deb12u1\n",
    );
    environment.write("host/proc/sys/kernel/osrelease", "6.8.12-9-pve\n");
    environment.write("host/sys/fs/cgroup/cgroup.controllers", "memory\n");
    set_clock(&environment, "yes");
    environment
}

fn set_clock(environment: &Environment, answer: &str) {
    let script = format!("#!/bin/sh\necho {answer}\n");
    environment.write("host/usr/bin/timedatectl", &script);
    make_executable(&environment.path("host/usr/bin/timedatectl"));
}

fn doctor(environment: &Environment, arguments: &[&str]) -> Finished {
    environment.as_root(&[&["doctor"], arguments].concat())
}

/// The line of a check, without its columns.
fn line(finished: &Finished, id: &str) -> String {
    let lines = finished.stdout.lines().map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.join(" ")
    });
    let mut found = lines.filter(|line| line.split(' ').nth(1) == Some(id));
    found.next().unwrap_or_else(|| panic!("{id}: {finished}"))
}

#[test]
fn a_ready_host() {
    let environment = ready();
    let finished = doctor(&environment, &[]);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert_eq!(finished.stdout.lines().count(), 9, "{finished}");
    assert!(!finished.stdout.contains("fix:"), "{finished}");
    assert_eq!(
        line(&finished, "versions"),
        "ok versions pve-manager 8.4.1, pve-container 5.2.6, systemd 252.38-1~deb12u1, kernel 6.8.12-9-pve, cgroup v2"
    );
    assert_eq!(
        line(&finished, "cluster"),
        "ok cluster containers in /etc/pve: 1"
    );
    assert_eq!(environment.pct_calls(), [""; 0]);
    assert!(
        !environment.path("state/lxcdiag").exists(),
        "it must not change the host"
    );
}

#[test]
fn each_fault_has_its_fix() {
    type Break = fn(&Environment);
    let cases: [(&str, i32, &str, Break); 9] = [
        ("client", 2, "give the path with --pct", |host| {
            std::fs::remove_file(host.path("bin/pct")).unwrap();
        }),
        ("task-log", 1, "on a Proxmox VE host", |host| {
            std::fs::remove_file(host.path("host/var/log/pve/tasks/index")).unwrap();
        }),
        ("cluster", 2, "systemctl restart pve-cluster", |host| {
            std::fs::remove_dir_all(host.path("host/etc/pve")).unwrap();
        }),
        ("cluster", 1, "no quorum (fix: pvecm status", |host| {
            host.write(
                "host/etc/pve/.members",
                r#"{ "cluster": { "quorate": 0 } }"#,
            );
        }),
        ("versions", 1, "pve-container is not installed", |host| {
            host.write("host/var/lib/dpkg/status", "");
        }),
        (
            "clock",
            1,
            "not synchronised (fix: systemctl status chrony",
            |host| set_clock(host, "no"),
        ),
        (
            "clock",
            3,
            "could not be determined (fix: timedatectl",
            |host| set_clock(host, ""),
        ),
        ("state", 1, "(fix: chmod 700 ", |host| {
            let path = host.path("state/lxcdiag");
            std::fs::create_dir(&path).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }),
        ("runbooks", 1, "(fix: lxcdiag validate ", |host| {
            host.write("config/lxcdiag/runbooks/bad.yaml", "runbook: bad\n");
        }),
    ];
    for (id, status, fix, break_it) in cases {
        let environment = ready();
        break_it(&environment);
        let finished = doctor(&environment, &[]);
        assert_eq!(finished.status, Some(status), "{id}: {finished}");
        assert!(line(&finished, id).contains(fix), "{fix}: {finished}");
        let fixes = finished.stdout.matches("(fix: ").count();
        assert_eq!(fixes, 1, "{id}: {finished}");
    }
}

#[test]
fn a_user_who_is_not_root() {
    let environment = ready();
    let finished = environment.finished(environment.command_as_nobody(&["doctor"]));
    assert_eq!(finished.status, Some(2), "{finished}");
    let line = line(&finished, "root");
    assert!(line.contains("(fix: run lxcdiag as root"), "{line}");
}

#[test]
fn json() {
    let environment = ready();
    set_clock(&environment, "no");
    let finished = doctor(&environment, &["--format", "json"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["schema"], "lxcdiag.doctor/1");
    assert_eq!(report["ready"], true);
    let checks = report["checks"].as_array().unwrap();
    let clock = checks.iter().find(|check| check["id"] == "clock").unwrap();
    assert_eq!(clock["status"], "warning");
    assert_eq!(clock["found"], "not synchronised");
}
