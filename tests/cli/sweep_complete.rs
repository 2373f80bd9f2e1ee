//! Nothing that a sweep should report goes unnoticed.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::environment::{Environment, Finished};
use crate::sweeps::{environment, sweep};

fn json(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap()
}

/// The container of a sweep of one.
fn only(finished: &Finished) -> Value {
    json(finished)["containers"][0].clone()
}

fn nothing_runs(environment: &Environment) {
    environment.write("host/proc/net/unix", "Num RefCount Protocol Flags\n");
}

#[test]
fn a_manual_sweep_does_not_hide_a_change() {
    let environment = environment();
    let on_change = ["--ct", "102", "--on-change"];
    let manual = ["--ct", "102"];
    sweep(&environment, &on_change);
    environment.write("work/102", "echo found ok\n");
    assert_eq!(sweep(&environment, &manual).status, Some(0));
    let resolved = sweep(&environment, &on_change);
    assert!(resolved.stdout.contains("resolved  102"), "{resolved}");
    environment.write("work/102", "echo found bad\n");
    let shown = sweep(&environment, &manual);
    // The journal is not read from the time of the other sweep on.
    assert!(shown.stdout.contains("bad since -24h"), "{shown}");
    let new = sweep(&environment, &on_change);
    assert!(new.stdout.contains("new     102"), "{new}");
}

#[test]
fn a_value_that_no_container_has_is_an_error_unless_another_selects_some() {
    let environment = environment();
    for (option, value) in [("--node", "nope"), ("--tag", "nope"), ("--pool", "nope")] {
        let finished = sweep(&environment, &[option, value]);
        assert_eq!(finished.status, Some(64), "{finished}");
        let message = format!("no container matches {option} {value}");
        assert!(finished.stderr.contains(&message), "{finished}");
    }
    let apart = sweep(
        &environment,
        &["--tag", "prod", "--pool", "shop", "--node", "pve2"],
    );
    assert_eq!(apart.status, Some(64), "{apart}");
    let also = sweep(&environment, &["--tag", "eu", "--tag", "nope"]);
    assert_eq!(also.status, Some(0), "{also}");
    assert!(
        also.stderr.contains("no container matches --tag nope"),
        "{also}"
    );
}

#[test]
fn the_local_node_can_be_selected_without_its_name() {
    let environment = environment();
    let finished = sweep(
        &environment,
        &[
            "--node",
            "local",
            "--exclude",
            "103-104,107",
            "--format",
            "json",
        ],
    );
    let containers = json(&finished)["containers"].as_array().unwrap().clone();
    let nodes: Vec<_> = containers.iter().map(|it| it["node"].as_str()).collect();
    assert_eq!(nodes, [Some("pve1"); 4], "{finished}");
}

#[test]
fn a_stopped_container_is_reported_with_who_stopped_it() {
    let environment = environment();
    nothing_runs(&environment);
    let start = "UPID:pve1:00000A21:0000B21A:69572000:vzstart:102:root@pam:";
    let stop = "UPID:pve1:00000A22:0000B21B:69573AC5:vzshutdown:102:ops@pve:";
    let list = format!("{start} 69572001 OK\n{stop} 69573AC9 OK\n");
    environment.write("host/var/log/pve/tasks/index", &list);
    let more = ["--ct", "102", "--format", "json"];
    let off = only(&sweep(&environment, &more));
    assert_eq!(off["skipped"], "stopped", "{off}");
    let known = &off["stopped"];
    assert_eq!(known["onboot"], false);
    assert_eq!(known["by"], "ops@pve");
    assert_eq!(known["task"], "vzshutdown");
    assert_eq!(known["since"], "2026-01-02T03:25:57.000000Z");
    let table = sweep(&environment, &["--ct", "102"]);
    let says = "skipped 102: stopped since 2026-01-02 03:25:57 UTC by ops@pve (vzshutdown)";
    assert!(table.stdout.contains(says), "{table}");
    let metrics = sweep(&environment, &["--ct", "102", "--format", "prometheus"]);
    let sample = r#"lxcdiag_container_running{runbook="small",ct="102",node="pve1",name="db"} 0"#;
    assert!(metrics.stdout.contains(sample), "{metrics}");
    // Set to start at boot, it should run.
    let config = "host/etc/pve/nodes/pve1/lxc/102.conf";
    environment.write(config, "hostname: db\nonboot: 1\n");
    let finished = sweep(&environment, &more);
    assert_eq!(finished.status, Some(2), "{finished}");
    let problem = &only(&finished)["visited"]["problems"][0];
    assert_eq!(problem["id"], "stopped");
    assert_eq!(
        problem["says"],
        "stopped since 2026-01-02 03:25:57 UTC by ops@pve (vzshutdown); set to start at boot"
    );
}

#[test]
fn a_failed_start_is_reported_with_its_reason() {
    let environment = environment();
    nothing_runs(&environment);
    let start = "UPID:pve1:00000A21:0000B21A:69573AC5:vzstart:102:root@pam:";
    let list = format!("{start} 69573AC6 startup for container '102' failed\n");
    environment.write("host/var/log/pve/tasks/index", &list);
    let table = sweep(&environment, &["--ct", "102"]);
    let says = "skipped 102: stopped; its last start failed at 2026-01-02 03:25:57 UTC: startup for container '102' failed";
    assert!(table.stdout.contains(says), "{table}");
}

#[test]
fn a_lock_that_is_days_old_is_a_problem_of_a_container_that_is_visited() {
    let environment = environment();
    environment.write("work/106", "echo found ok\n");
    let config = environment.path("host/etc/pve/nodes/pve1/lxc/106.conf");
    let more = ["--ct", "106", "--format", "json"];
    let fresh = only(&sweep(&environment, &more));
    assert_eq!(fresh["skipped"], "locked: backup");
    let old = SystemTime::now() - Duration::from_secs(3 * 86_400);
    let file = std::fs::File::options().write(true).open(config).unwrap();
    file.set_modified(old).unwrap();
    let finished = sweep(&environment, &more);
    let stale = only(&finished);
    assert_eq!(
        stale["visited"]["problems"][0]["id"], "locked",
        "{finished}"
    );
    assert_eq!(
        stale["visited"]["problems"][0]["says"],
        "locked for more than 3 days: backup"
    );
    assert_eq!(
        stale["visited"]["checks"][0]["outcome"], "passed",
        "{finished}"
    );
    assert_eq!(finished.status, Some(1));
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_problem() {
    let environment = environment();
    let config = environment.path("host/etc/pve/nodes/pve1/lxc/102.conf");
    std::fs::remove_file(&config).unwrap();
    std::fs::create_dir(&config).unwrap();
    let finished = sweep(&environment, &["--ct", "102", "--format", "json"]);
    let problem = &only(&finished)["visited"]["problems"][0];
    assert_eq!(problem["id"], "unreachable", "{finished}");
    let says = problem["says"].as_str().unwrap();
    assert!(
        says.starts_with("cannot read its configuration: "),
        "{says}"
    );
    assert_eq!(finished.status, Some(3));
}

#[test]
fn a_waiver_for_a_check_that_does_not_exist_is_an_error() {
    let environment = environment();
    let waivers = "- { container: 102, check: stat, reason: x, until: 2999-12-31 }\n";
    environment.write("work/waivers.yaml", waivers);
    let finished = sweep(&environment, &["--ct", "102", "--waivers", "waivers.yaml"]);
    assert_eq!(finished.status, Some(65), "{finished}");
    let message =
        "waivers.yaml: no runbook has a check or hypothesis `stat`\nhint: did you mean `state`?";
    assert!(finished.stderr.contains(message), "{finished}");
    // A check of another runbook is known.
    let waivers = "- { container: 102, check: space, reason: x, until: 2999-12-31 }\n";
    environment.write("work/waivers.yaml", waivers);
    let finished = sweep(&environment, &["--ct", "102", "--waivers", "waivers.yaml"]);
    assert_eq!(finished.status, Some(2), "{finished}");
}

#[test]
fn a_fault_of_several_containers_is_listed_once_before_the_details() {
    let environment = environment();
    for ct in [101, 103, 104] {
        environment.write(&format!("work/{ct}"), "echo found bad\n");
    }
    let finished = sweep(&environment, &["--ct", "101-104"]);
    let line = "State: bad since -24h — 101, 102, 103 and 1 more\n";
    assert!(finished.stdout.contains(line), "{finished}");
}

#[test]
fn a_notification_is_sent_if_there_is_something_to_report() {
    let environment = environment();
    let received = environment.path("work/received");
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$1\" >>{0}\ncat >>{0}\n",
        received.display()
    );
    environment.write("work/notify", &script);
    let program = environment.path("work/notify");
    let mut mode = std::fs::metadata(&program).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    let notify = format!("{} 'two words; $HOME'", program.display());
    let more = ["--ct", "102", "--on-change", "--notify", &notify];
    assert_eq!(sweep(&environment, &more).status, Some(2));
    let text = environment.read("work/received");
    let (argument, sweep_text) = text.split_once('\n').unwrap();
    assert_eq!(argument, "two words; $HOME", "no shell interprets it");
    let sent: Value = serde_json::from_str(sweep_text).unwrap();
    assert_eq!(sent["changes"][0]["id"], "state");
    // Nothing has changed.
    sweep(&environment, &more);
    assert_eq!(environment.read("work/received"), text);
}

#[test]
fn a_notification_that_fails_is_an_error_and_is_repeated() {
    let environment = environment();
    for (command, why) in [
        ("false", "`false`: exit status: 1"),
        ("/none/notify", "`/none/notify`: No such file or directory"),
    ] {
        let more = ["--ct", "102", "--on-change", "--notify", command];
        let finished = sweep(&environment, &more);
        assert_eq!(finished.status, Some(73), "{finished}");
        assert!(finished.stderr.contains(why), "{finished}");
    }
    let again = sweep(&environment, &["--ct", "102", "--on-change"]);
    assert!(again.stdout.contains("new     102"), "{again}");
}
