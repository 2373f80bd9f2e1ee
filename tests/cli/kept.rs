//! What changes a container, and what is kept of it.

use std::os::unix::fs::PermissionsExt as _;

use lxcdiag::evidence::recording::{Ending, Recording};
use serde_json::Value;

use crate::environment::{Environment, Finished};

/// Touches a file in `work/`, which represents the container.
fn environment() -> Environment {
    let environment = Environment::new();
    let touched = environment.path("work/touched");
    environment.write(
        "work/touch.yaml",
        &format!(
            "runbook: touch
title: x
checks:
  - {{ id: touch, title: Touch it, run: [touch, {}], changes: true, pass: exit == 0 }}
  - {{ id: look, title: Look, run: ['true'], pass: exit == 0 }}
",
            touched.display()
        ),
    );
    environment
}

const RUN: [&str; 4] = ["run", "./touch.yaml", "--ct", "958"];

fn run(environment: &Environment, more: &[&str]) -> (Finished, Value) {
    let consent: &[&str] = match more.contains(&"--read-only") {
        true => &[],
        false => &["--allow-changes"],
    };
    let arguments = [&RUN[..], &["--format", "json"], consent, more].concat();
    let finished = environment.as_root(&arguments);
    let report = serde_json::from_str(&finished.stdout).unwrap();
    (finished, report)
}

fn touched(environment: &Environment) -> bool {
    environment.path("work/touched").exists()
}

fn kept(environment: &Environment) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(environment.path("state/lxcdiag/runs/958"))
        .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
        .unwrap_or_default()
}

#[test]
fn changes_are_announced_before_and_recorded_after() {
    let environment = environment();
    let (finished, report) = run(&environment, &[]);
    let command = format!("touch {}", environment.path("work/touched").display());
    assert!(
        finished
            .stderr
            .contains(&format!("this will change container 958: {command}")),
        "{finished}"
    );
    assert!(touched(&environment));
    assert_eq!(report["changed"], serde_json::json!([command]));
    // What changes the container comes last.
    assert_eq!(report["checks"][1]["id"], "touch");
    let kept = kept(&environment);
    assert_eq!(kept.len(), 1);
    let text = std::fs::read(&kept[0]).unwrap();
    let recording: Recording = serde_json::from_slice(&text).unwrap();
    assert_eq!(recording.cut_short, None, "the state before is replaced");
    assert_eq!(recording.changes().len(), 1);
    let mode = std::fs::metadata(&kept[0]).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // A later run knows what this one did.
    let (_, report) = run(&environment, &["--read-only"]);
    let timeline = report["timeline"].as_array().unwrap();
    assert_eq!(
        timeline[0]["what"],
        format!("an earlier run of lxcdiag ran: {command}")
    );
    assert_eq!(timeline[0]["source"], "lxcdiag");

    // A runbook that has nothing to do with it does not show it.
    environment.write(
        "work/look.yaml",
        "runbook: look\ntitle: x\nchecks: [{ id: look, title: x, run: ['true'], pass: exit == 0 }]\n",
    );
    let look = ["run", "./look.yaml", "--ct", "958", "--format", "json"];
    let report: Value = serde_json::from_str(&environment.as_root(&look).stdout).unwrap();
    assert_eq!(report["timeline"], serde_json::json!([]));
}

#[test]
fn read_only_leaves_the_container_as_it_is() {
    let environment = environment();
    let (finished, report) = run(&environment, &["--read-only"]);
    assert_eq!(finished.stderr, "");
    assert!(!touched(&environment));
    assert_eq!(report["read_only"], true);
    assert_eq!(report["changed"], serde_json::json!([]));
    assert_eq!(report["checks"][1]["outcome"], "skipped");
    assert!(kept(&environment).is_empty());
}

#[test]
fn a_locked_container_is_diagnosed_and_not_changed() {
    let environment = environment();
    environment.write("host/etc/pve/nodes/pve1/lxc/958.conf", "lock: backup\n");
    let (finished, report) = run(&environment, &[]);
    assert!(
        finished
            .stderr
            .contains("container 958 is locked (backup); it will not be changed"),
        "{finished}"
    );
    assert!(!touched(&environment));
    assert_eq!(
        report["checks"][1]["reason"],
        "it changes the container: the container is locked (backup)"
    );
}

#[test]
fn nothing_is_changed_if_the_recording_cannot_be_saved() {
    let environment = environment();
    environment.write("state/lxcdiag", "a file where the directory would be");
    let (finished, report) = run(&environment, &["--record", "kept.json"]);
    assert!(!touched(&environment));
    let touch = &report["checks"][1];
    assert_eq!(touch["outcome"], "skipped");
    let reason = touch["reason"].as_str().unwrap();
    assert!(reason.contains("cannot save the recording in"), "{reason}");
    assert_eq!(finished.status, Some(3), "{finished}");
    assert!(environment.path("work/kept.json").exists());
}

/// The history is lost while the container is changed; the requested files are still written.
#[test]
fn a_failure_to_save_at_the_end_is_reported_and_loses_no_recording() {
    let environment = environment();
    let state = environment.path("state/lxcdiag");
    let state = state.display();
    let runbook = format!(
        "runbook: touch
title: x
checks:
  - {{ id: lose, title: x, shell: 'rm -rf {state} && touch {state}', changes: true, pass: exit == 0 }}
"
    );
    environment.write("work/touch.yaml", &runbook);
    let (finished, report) = run(&environment, &["--record", "r.json"]);
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(
        finished.stderr.contains("cannot save the recording in"),
        "{finished}"
    );
    assert_eq!(report["checks"][0]["outcome"], "passed");
    assert!(environment.path("work/r.json").exists());
}

#[test]
fn a_recording_has_enough_to_judge_again() {
    let environment = environment();
    let (_, report) = run(&environment, &["--read-only", "--record", "r.json"]);
    let recording: Recording = serde_json::from_str(&environment.read("work/r.json")).unwrap();
    assert_eq!(recording.schema, "lxcdiag.recording/1");
    assert_eq!(recording.runbook.text, environment.read("work/touch.yaml"));
    assert_eq!(recording.runbook.sha256, report["runbook"]["sha256"]);
    assert_eq!(u32::from(recording.target.ct), 958);
    assert!(recording.read_only);
    let endings: Vec<_> = recording
        .attempts
        .iter()
        .map(|attempt| &attempt.ending)
        .collect();
    assert_eq!(*endings[0], Ending::Exited(0));
    assert!(matches!(endings[1], Ending::Skipped(_)));
    let mode = std::fs::metadata(environment.path("work/r.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "a recording may hold secrets");
}

#[test]
fn a_recording_that_cannot_be_read_is_reported() {
    let environment = environment();
    environment.write("state/lxcdiag/runs/958/1.json", "{ torn");
    let (finished, _) = run(&environment, &["--read-only"]);
    assert!(
        finished
            .stderr
            .contains("1.json as a recording; the changes of that earlier run are unknown"),
        "{finished}"
    );
}

/// The shell is lost before the change begins: the recording from before must not count as a change.
#[test]
fn a_change_that_never_started_is_not_remembered() {
    let changes = [
        vec!["run", "./touch.yaml", "--ct", "958", "--allow-changes"],
        vec!["sweep", "./touch.yaml", "--ct", "958", "--allow-changes"],
    ];
    for command in changes {
        let environment = environment();
        let touched = environment.path("work/touched");
        environment.write("work/dies", "kill -KILL $PPID\n");
        environment.write(
            "work/touch.yaml",
            &format!(
                "runbook: touch
title: x
checks:
  - {{ id: dies, title: x, shell: '. {}', pass: exit == 0 }}
  - {{ id: touch, title: x, run: [touch, {}], changes: true, pass: exit == 0 }}
",
                environment.path("work/dies").display(),
                touched.display()
            ),
        );
        let finished = environment.as_root(&command);
        assert!(!touched.exists(), "{finished}");
        assert_eq!(kept(&environment), [""; 0].map(std::path::PathBuf::from));
        let (_, report) = run(&environment, &["--read-only"]);
        let timeline = report["timeline"].to_string();
        assert!(!timeline.contains("touch"), "{timeline}");
    }
}

/// The lock comes after the sweep has selected its containers.
#[test]
fn a_sweep_does_not_change_a_container_that_is_locked_when_its_turn_comes() {
    let environment = environment();
    let work = environment.path("work");
    let lock = environment.path("host/etc/pve/nodes/pve1/lxc/959.conf");
    environment.write("host/etc/pve/nodes/pve1/lxc/959.conf", "hostname: b\n");
    let sockets = environment.read("host/proc/net/unix");
    let socket = sockets.replace("958", "959");
    let other = socket.lines().last().unwrap();
    environment.write("host/proc/net/unix", &format!("{sockets}{other}\n"));
    environment.write(
        "work/touch.yaml",
        &format!(
            "runbook: touch
title: x
checks:
  - {{ id: touch, title: x, shell: 'touch {}/touched-{{{{ ct | quote }}}}; echo lock: backup >{}', changes: true, pass: exit == 0 }}
",
            work.display(),
            lock.display()
        ),
    );
    let sweep = ["sweep", "./touch.yaml", "--ct", "958,959", "--jobs", "1"];
    let finished = environment.as_root(&[&sweep[..], &["--allow-changes"]].concat());
    assert!(work.join("touched-958").exists(), "{finished}");
    assert!(!work.join("touched-959").exists(), "{finished}");
    let warning = "container 959 is locked (backup); it will not be changed";
    assert!(finished.stderr.contains(warning), "{finished}");
}

/// The command of each item is announced and kept, although the items are known only during the run.
#[test]
fn a_change_for_each_item_is_announced_and_kept() {
    let environment = environment();
    let work = environment.path("work");
    environment.write(
        "work/touch.yaml",
        &format!(
            "runbook: touch
title: x
checks:
  - {{ id: names, title: x, run: [printf, 'a\\nb\\n'], each: line, facts: {{ match: '^(?<name>.+)$' }} }}
  - {{ id: touch, title: x, needs: [names], for_each: names.name, run: [touch, '{}/{{{{ item }}}}'], changes: true, pass: exit == 0 }}
",
            work.display()
        ),
    );
    let (finished, report) = run(&environment, &[]);
    let announced = format!(
        "this will change container 958: touch {}/ITEM",
        work.display()
    );
    assert!(finished.stderr.contains(&announced), "{finished}");
    let commands = ["a", "b"].map(|name| format!("touch {}/{name}", work.display()));
    assert_eq!(report["changed"], serde_json::json!(commands));
    let (_, report) = run(&environment, &["--read-only"]);
    let timeline = report["timeline"].as_array().unwrap();
    let earlier: Vec<_> = timeline.iter().map(|event| &event["what"]).collect();
    for command in commands {
        let event = serde_json::json!(format!("an earlier run of lxcdiag ran: {command}"));
        assert!(earlier.contains(&&event), "{earlier:?}");
    }
}
