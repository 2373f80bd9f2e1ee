//! Files that lxcdiag reads: none can block it, and none that another user can write is believed.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::environment::Environment;

const OPEN_TO_ALL: u32 = 0o777;

fn open_to_all(environment: &Environment, path: &str) {
    let mode = Permissions::from_mode(OPEN_TO_ALL);
    std::fs::set_permissions(environment.path(path), mode).unwrap();
}

#[test]
fn a_fifo_or_a_device_is_refused_as_input() {
    let environment = Environment::new();
    let fifo = environment.path("work/fifo");
    assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    for (file, said) in [
        ("fifo", "it is a FIFO, not a file"),
        ("/dev/zero", "it is a device, not a file"),
    ] {
        let ways: [&[&str]; 9] = [
            &["judge", file],
            &["test", file],
            &["diff", file, file],
            &["audit", file],
            &["validate", file],
            &["trace", "--show", file],
            &["run", "race-condition", "--demo", "--log", file],
            &["run", "race-condition", "--demo", "--script", file],
            &["sweep", "health", "--ct", "958", "--waivers", file],
        ];
        for way in ways {
            let finished = environment.as_root(way);
            assert!(finished.stderr.contains(said), "{way:?}: {finished}");
            let refused = finished.status.is_some_and(|status| status >= 64);
            assert!(refused, "{way:?}: {finished}");
        }
    }
}

#[test]
fn a_script_can_come_from_a_pipe_of_the_shell() {
    let environment = Environment::new();
    let lxcdiag = env!("CARGO_BIN_EXE_lxcdiag");
    let command = format!("{lxcdiag} audit <(echo 'pct push 958 units /etc/systemd/system/')");
    let finished = environment.finished(environment.command_of("bash", &["-c", &command]));
    assert!(finished.stdout.contains("push-directory"), "{finished}");
}

#[test]
fn a_file_that_is_too_large_for_a_script_is_refused_and_not_cut() {
    let environment = Environment::new();
    let fault = "\npct push 958 units /etc/systemd/system/\n";
    let script = |size: usize| "#".repeat(size - fault.len()) + fault;
    environment.write("work/large.sh", &script(1 << 20));
    let finished = environment.lxcdiag(&["audit", "large.sh"]);
    assert!(finished.stdout.contains("push-directory"), "{finished}");
    environment.write("work/large.sh", &script((1 << 20) + 1));
    let finished = environment.lxcdiag(&["audit", "large.sh"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert!(finished.stderr.contains("larger than 1 MiB"), "{finished}");
}

/// The runbook of somebody else could replace a built-in one, and hide what is wrong.
#[test]
fn a_usual_runbook_directory_that_others_can_write_to_is_not_used() {
    let environment = Environment::new();
    let health = "runbook: health\ntitle: Nothing to see\nchecks:\n  - { id: up, title: Is it up, run: ['true'], pass: exit == 0 }\n";
    environment.write("config/lxcdiag/runbooks/health.yaml", health);
    let shown = environment.lxcdiag(&["show", "health"]);
    assert!(shown.stdout.contains("Nothing to see"), "{shown}");

    let own = health.replace("checks:\n", "checks:\n  - include: systemd\n");
    environment.write("config/lxcdiag/runbooks/health.yaml", &own);
    let part = "checks:\n  - { id: up, title: Is it up, run: ['true'], pass: exit == 0 }\n";
    environment.write("config/lxcdiag/runbooks/parts/systemd.yaml", part);
    open_to_all(&environment, "config/lxcdiag/runbooks/parts");
    let finished = environment.lxcdiag(&["show", "health"]);
    let refused = "/lxcdiag/runbooks/parts: other users can write to it";
    assert!(finished.stderr.contains(refused), "{finished}");

    environment.write("config/lxcdiag/runbooks/health.yaml", health);
    open_to_all(&environment, "config/lxcdiag/runbooks");
    for arguments in [&["show", "health"][..], &["run", "health", "--ct", "958"]] {
        let finished = environment.as_root(arguments);
        assert_eq!(finished.status, Some(65), "{finished}");
        assert!(
            finished
                .stderr
                .contains("/lxcdiag/runbooks: other users can write to it"),
            "{finished}"
        );
    }
    let listed = environment.lxcdiag(&["list"]);
    assert!(
        listed.stdout.contains("other users can write to it"),
        "{listed}"
    );
    // The user who names a directory trusts it.
    let directory = environment.path("config/lxcdiag/runbooks");
    let given = ["show", "health", "--runbooks", directory.to_str().unwrap()];
    assert_eq!(environment.lxcdiag(&given).status, Some(0));
}

#[test]
fn the_state_is_private_and_not_kept_where_others_can_write() {
    let environment = Environment::new();
    let sweep = [
        "sweep",
        "health",
        "--ct",
        "958",
        "--on-change",
        "--state",
        "own",
    ];
    environment.as_root(&sweep);
    let mode = |path: &str| {
        let metadata = std::fs::metadata(environment.path(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("work/own"), 0o700);
    assert_eq!(mode("work/own/health.lock"), 0o600);
    assert_eq!(mode("work/own/health.json"), 0o600);

    let file = environment.path("work/own/health.json");
    std::fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let finished = environment.as_root(&sweep);
    assert_eq!(finished.status, Some(65), "{finished}");
    assert!(
        finished.stderr.contains("other users can write to it"),
        "{finished}"
    );
    std::fs::remove_file(file).unwrap();

    open_to_all(&environment, "work");
    let finished = environment.as_root(&sweep);
    assert_eq!(finished.status, Some(73), "{finished}");
    let parent = format!(
        "other users can write to {}\n",
        environment.path("work").display()
    );
    assert!(finished.stderr.contains(&parent), "{finished}");
    std::fs::set_permissions(environment.path("work"), Permissions::from_mode(0o1777)).unwrap();
    assert_ne!(environment.as_root(&sweep).status, Some(73));

    open_to_all(&environment, "work/own");
    let finished = environment.as_root(&sweep);
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(
        finished
            .stderr
            .contains("cannot use the state directory own"),
        "{finished}"
    );
    assert!(
        finished.stderr.contains("other users can write to it"),
        "{finished}"
    );
}
