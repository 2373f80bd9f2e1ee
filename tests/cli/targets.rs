//! How the user names what `run` diagnoses: the container by its ID or host name, the unit, or nothing.

use serde_json::Value;

use crate::environment::{Environment, Finished};

/// A runbook about one unit without a default.
const RUNBOOK: &str = r#"runbook: one-unit
title: Is it there?
vars:
  unit: { about: 'the unit, such as app.service', matches: '[a-z]+\.(service|socket)' }
checks:
  - { id: found, title: Found, run: [test, "{{ unit }}", "=", web.service], pass: exit == 0 }
"#;

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/unit.yaml", RUNBOOK);
    environment
}

/// A container whose `systemctl` prints this.
fn with_units(lines: &str) -> Environment {
    let environment = environment();
    environment.write("work/units", lines);
    let units = environment.path("work/units");
    let bin = environment.path("container");
    let (units, bin) = (units.display(), bin.display());
    environment.write_pct(&format!(
        "while [ \"$1\" != -- ]; do shift; done; shift
mkdir -p {bin}; printf '#!/bin/sh\\ncat {units}\\n' >{bin}/systemctl; chmod 755 {bin}/systemctl
exec unshare --mount sh -c 'mount --bind {bin} /usr/local/sbin; exec \"$@\"' sh \"$@\"\n"
    ));
    environment
}

fn run(environment: &Environment, more: &[&str]) -> Finished {
    environment.as_root(&[&["run", "./unit.yaml"], more].concat())
}

const FAILED: &str = "web.service loaded failed failed The web\n\
                      mail.socket loaded failed failed Mail\n\
                      not-accepted.mount loaded failed failed A mount\n";

#[test]
fn without_a_unit_the_failed_ones_are_listed() {
    let environment = with_units(FAILED);
    let finished = run(&environment, &["--ct", "958"]);
    assert_eq!(finished.status, Some(64), "{finished}");
    assert_eq!(finished.stdout, "");
    assert_eq!(
        finished.stderr,
        "lxcdiag: missing --var unit=NAME\n\
         hint: failed units of container 958: web.service, mail.socket\n"
    );
    let none = run(&with_units(""), &["--ct", "958"]);
    assert_eq!(none.status, Some(64), "{none}");
    let hint = "hint: no unit of container 958 has failed\n";
    assert!(none.stderr.ends_with(hint), "{none}");
}

#[test]
fn on_a_terminal_the_user_chooses_a_failed_unit_by_number_or_name() {
    for (typed, unit) in [
        ("1\n", "web.service"),
        ("2\n", "mail.socket"),
        ("web\n", "web.service"),
        ("other\n", "other.service"),
    ] {
        let environment = with_units(FAILED);
        let words = ["run", "./unit.yaml", "--ct", "958", "--output", "r.json"];
        let finished = environment.on_a_terminal(&words, typed);
        assert!(finished.stdout.contains("1  web.service"), "{finished}");
        let report: Value = serde_json::from_str(&environment.read("work/r.json")).unwrap();
        assert_eq!(report["vars"]["unit"], unit);
    }
    let finished = with_units(FAILED).on_a_terminal(&["run", "./unit.yaml", "--ct", "958"], "9\n");
    assert_eq!(finished.status, Some(64), "{finished}");
}

#[test]
fn a_unit_without_its_type_is_a_service() {
    let finished = run(
        &environment(),
        &["--ct", "958", "--var", "unit=web", "--format", "json"],
    );
    assert_eq!(finished.status, Some(0), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["vars"]["unit"], "web.service");
}

#[test]
fn a_container_is_found_by_its_host_name_if_only_one_has_it() {
    let environment = environment();
    let named = |name: &str| run(&environment, &["--ct", name, "--var", "unit=web"]);
    let finished = named("embed");
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(
        finished.stdout.contains("container 958 on pve1"),
        "{finished}"
    );

    let unknown = named("abc");
    assert_eq!(unknown.status, Some(64), "{unknown}");
    assert_eq!(
        unknown.stderr,
        "lxcdiag: `--ct abc`: no container has this host name\n\
         hint: container IDs are numbers from 100 to 999999999; `pct list` shows them\n"
    );

    environment.write("host/etc/pve/nodes/pve2/lxc/959.conf", "hostname: embed\n");
    let several = named("embed");
    assert_eq!(several.status, Some(64), "{several}");
    assert_eq!(
        several.stderr,
        "lxcdiag: `--ct embed`: 2 containers have this host name\nhint: give the ID: one of 958, 959\n"
    );
}

#[test]
fn a_demonstration_needs_no_container_and_plays_only_its_own_runbook() {
    let environment = Environment::new();
    let finished = environment.lxcdiag(&["run", "race-condition", "--demo"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    assert!(
        finished.stdout.contains("container 958 on pve1"),
        "{finished}"
    );
    let other = environment.lxcdiag(&["run", "health", "--demo"]);
    assert_eq!(other.status, Some(64), "{other}");
    assert_eq!(
        other.stderr,
        "lxcdiag: incident late-push was recorded with race-condition, not with health\n\
         hint: lxcdiag run race-condition --demo=late-push\n"
    );
    let word = environment.lxcdiag(&["run", "race-condition", "--demo", "healthy"]);
    assert_eq!(word.status, Some(64), "{word}");
    assert_eq!(
        word.stderr,
        "lxcdiag: `healthy` is a recorded incident, not a container\n\
         hint: lxcdiag run race-condition --demo=healthy\n"
    );
}

#[test]
fn the_container_can_be_named_without_its_option() {
    let environment = Environment::new();
    let run =
        |words: &[&str]| environment.lxcdiag(&[&["run", "health", "--dry-run"], words].concat());
    let short = run(&["958"]);
    assert_eq!(short.status, Some(0), "{short}");
    assert_eq!(short.stdout, run(&["--ct", "958"]).stdout);
    let both = run(&["958", "--ct", "958"]);
    assert_eq!(both.status, Some(64), "{both}");
    let none = run(&[]);
    assert!(none.stderr.contains("--ct <ID>"), "{none}");
}

/// Two runs at once: the second one does not change what the first one is changing.
#[test]
fn only_one_run_at_a_time_changes_a_container() {
    let environment = environment();
    let (began, go_on) = (
        environment.path("work/began"),
        environment.path("work/go-on"),
    );
    environment.write(
        "work/wait",
        &format!(
            "touch {}; until [ -e {} ]; do sleep 0.02; done\n",
            began.display(),
            go_on.display()
        ),
    );
    environment.write(
        "work/change.yaml",
        &format!(
            "runbook: change
title: x
checks:
  - {{ id: look, title: x, run: ['true'], pass: exit == 0 }}
  - {{ id: wait, title: x, run: [sh, {}], timeout: 500s, changes: true, pass: exit == 0 }}
",
            environment.path("work/wait").display()
        ),
    );
    let words = [
        "run",
        "./change.yaml",
        "--ct",
        "958",
        "--allow-changes",
        "--format",
        "json",
    ];
    let mut first = environment.command_as_root(&words);
    let mut first = first.stdout(std::process::Stdio::null()).spawn().unwrap();
    crate::wait::wait_for("the first run changes the container", || {
        began.exists().then_some(())
    });
    let second = environment.as_root(&words);
    let report: Value = serde_json::from_str(&second.stdout).unwrap();
    assert_eq!(report["checks"][0]["outcome"], "passed");
    assert_eq!(
        report["checks"][1]["reason"],
        "it changes the container: another run of lxcdiag is changing it"
    );
    std::fs::write(go_on, "").unwrap();
    assert!(first.wait().unwrap().success());
    let third = environment.as_root(&words);
    assert_eq!(third.status, Some(0), "{third}");
}
