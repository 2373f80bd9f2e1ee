//! Containers that cannot be looked into, and users who may not.

use insta::assert_snapshot;

use crate::environment::{Environment, Finished};

const RUNBOOK: &str = "runbook: up
title: Is it up
checks:
  - { id: up, title: Is it up, run: ['true'], pass: exit == 0 }
";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/up.yaml", RUNBOOK);
    environment
}

const RUN: [&str; 4] = ["run", "./up.yaml", "--ct", "958"];

/// The run is refused before anything is started, with this status.
fn refused(environment: &Environment, arguments: &[&str], status: i32) -> Finished {
    let finished = environment.as_root(arguments);
    assert_eq!(finished.status, Some(status), "{finished}");
    assert_eq!(finished.stdout, "");
    assert_eq!(environment.pct_calls(), [""; 0]);
    finished
}

#[test]
fn not_root() {
    let environment = environment();
    let finished = environment.finished(environment.command_as_nobody(&RUN));
    assert_snapshot!(finished);
    assert_eq!(environment.pct_calls(), [""; 0]);
}

#[test]
fn no_pct() {
    let environment = environment();
    let mut command = environment.command_as_root(&RUN);
    command.env_remove("LXCDIAG_PCT");
    let finished = environment.finished(command);
    // On a Proxmox VE host there is one.
    if finished.status == Some(69) {
        assert_snapshot!(finished);
    }
    let other = environment.path("bin/none");
    let arguments = [&RUN[..], &["--pct", other.to_str().unwrap()]].concat();
    let finished = refused(&environment, &arguments, 69);
    assert_snapshot!("no_such_pct", finished);
}

#[test]
fn no_container() {
    let environment = environment();
    let finished = refused(&environment, &["run", "./up.yaml", "--ct", "957"], 69);
    assert_snapshot!(finished);
}

#[test]
fn stopped() {
    let environment = environment();
    environment.write("host/proc/net/unix", "");
    let finished = refused(&environment, &RUN, 69);
    assert_snapshot!(finished);
}

#[test]
fn a_container_that_stops_before_it_is_entered_is_stopped() {
    let environment = environment();
    let sockets = environment.path("host/proc/net/unix");
    environment.write_pct(&format!(
        ": >{}\necho 'container 958 not running!' >&2\nexit 255\n",
        sockets.display()
    ));
    let finished = environment.as_root(&RUN);
    assert_eq!(finished.status, Some(69), "{finished}");
    assert!(
        finished
            .stderr
            .starts_with("lxcdiag: container 958 is not running\n"),
        "{finished}"
    );
}

/// As `pct` prints it without the cluster file system.
#[test]
fn pct_that_fails_is_one_sentence() {
    let environment = environment();
    let words = "ipcc_send_rec[1] failed: Connection refused\nUnable to load access control list: Connection refused";
    environment.write_pct(&format!("echo '{words}' >&2\nexit 111\n"));
    let finished = environment.as_root(&RUN);
    assert_eq!(finished.status, Some(69), "{finished}");
    let expected = format!("lxcdiag: {}: `", words.replace('\n', "; "));
    assert!(finished.stderr.starts_with(&expected), "{finished}");
    assert!(
        finished
            .stderr
            .contains("\nhint: on the node of the container, `--via lxc-attach` works"),
        "{finished}"
    );
    assert_eq!(finished.stderr.lines().count(), 2, "{finished}");
}

/// The host's task log has the failed push.
#[test]
fn a_failed_push_is_the_likely_cause_in_a_stopped_container() {
    let environment = environment();
    environment.write("host/proc/net/unix", "");
    let task = "UPID:pve1:0000ABCD:00000001:6B000000:push_file:958:root@pam: 6B000001";
    let status = "failed to create file: /etc/systemd/system/: Is a directory";
    environment.write(
        "host/var/log/pve/tasks/index",
        &format!("{task} {status}\n"),
    );
    let finished = environment.as_root(&["run", "race-condition", "--ct", "958"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    assert!(
        finished
            .stdout
            .contains("LIKELY: The push failed (push-failed)"),
        "{finished}"
    );
    environment.write("host/var/log/pve/tasks/index", &format!("{task} OK\n"));
    let finished = environment.as_root(&["run", "race-condition", "--ct", "958"]);
    assert_eq!(
        (finished.status, finished.stdout.as_str()),
        (Some(69), ""),
        "{finished}"
    );
}

#[test]
fn frozen() {
    let environment = environment();
    environment.write("host/sys/fs/cgroup/lxc/958/cgroup.freeze", "1\n");
    environment.write(
        "host/sys/fs/cgroup/lxc/958/cgroup.events",
        "populated 1\nfrozen 1\n",
    );
    let finished = refused(&environment, &RUN, 69);
    assert_snapshot!(finished);
}

#[test]
fn on_another_node() {
    let environment = environment();
    std::fs::remove_file(environment.path("host/etc/pve/nodes/pve1/lxc/958.conf")).unwrap();
    environment.write("host/etc/pve/nodes/pve2/lxc/958.conf", "");
    let finished = refused(&environment, &RUN, 69);
    assert_snapshot!(finished);
}

#[test]
fn a_virtual_machine() {
    let environment = environment();
    environment.write("host/etc/pve/nodes/pve1/qemu-server/100.conf", "");
    let finished = refused(&environment, &["run", "./up.yaml", "--ct", "100"], 69);
    assert_snapshot!(finished);
}

#[test]
fn a_template() {
    let environment = environment();
    environment.write("host/etc/pve/nodes/pve1/lxc/958.conf", "template: 1\n");
    let finished = refused(&environment, &RUN, 69);
    assert_snapshot!(finished);
}

/// Without the cluster's file system `pct` itself may still know; the run goes on.
#[test]
fn no_cluster_file_system() {
    let environment = environment();
    std::fs::remove_dir_all(environment.path("host/etc/pve")).unwrap();
    let finished = environment.as_root(&RUN);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(finished.stderr.contains("WARN"), "{finished}");
}

/// Standard error ends in logs and mails.
#[test]
fn a_secret_that_its_var_does_not_take_is_not_quoted() {
    let environment = environment();
    let vars = "vars:
  db_password: { about: the password, matches: '[a-z]+' }
  api_token: { about: the token, type: int }
  note: { about: a note, type: int }
redact: ['licence \\S+']
";
    environment.write(
        "work/up.yaml",
        &RUNBOOK.replace("checks:", &format!("{vars}checks:")),
    );
    for (given, expected) in [
        (
            "db_password=hunter2",
            "var `db_password` (the password): `[redacted:password:1]` is not in the form that the runbook requires: `[a-z]+`",
        ),
        (
            "api_token=hunter2",
            "var `api_token` (the token): `[redacted:token:1]` is not a whole number",
        ),
        (
            "note=licence hunter2",
            "var `note` (a note): `[redacted:runbook:1]` is not a whole number",
        ),
        (
            "db_password: hunter2",
            "invalid `--var db_password: [redacted:password:1]`: expected NAME=VALUE",
        ),
        (
            "note=seven",
            "var `note` (a note): `seven` is not a whole number",
        ),
    ] {
        let sweep = ["sweep", "./up.yaml", "--all"];
        for command in [&RUN[..], &sweep] {
            let arguments = [command, &["--var", given]].concat();
            let finished = refused(&environment, &arguments, 64);
            assert_eq!(finished.stderr, format!("lxcdiag: {expected}\n"));
        }
    }
}
