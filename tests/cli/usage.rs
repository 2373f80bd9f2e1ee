//! Help, and what is wrong with a command line.

use insta::assert_snapshot;

use crate::environment::Environment;

#[test]
fn help() {
    assert_snapshot!(Environment::new().lxcdiag(&["--help"]));
}

#[test]
fn help_on_run() {
    assert_snapshot!(Environment::new().lxcdiag(&["run", "--help"]));
}

#[test]
fn version() {
    let finished = Environment::new().lxcdiag(&["--version"]);
    let version = format!("lxcdiag {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((finished.status, finished.stdout), (Some(0), version));
}

#[test]
fn no_command() {
    let finished = Environment::new().lxcdiag(&[]);
    assert_eq!((finished.status, finished.stdout.as_str()), (Some(64), ""));
    assert!(finished.stderr.starts_with("Find out why provisioning"));
}

#[test]
fn an_unknown_command() {
    assert_snapshot!(Environment::new().lxcdiag(&["rum"]));
}

/// A runbook with two vars, as `work/vars.yaml`.
fn with_vars() -> Environment {
    let environment = Environment::new();
    environment.write(
        "work/vars.yaml",
        "runbook: vars
title: Vars
vars:
  unit: { default: a.service, about: the unit to look at, matches: '[a-z]+\\.service' }
  window: { default: 60s, type: duration, about: the longest gap }
checks:
  - { id: up, title: Is it up, run: [systemctl, is-active, --, '{{ unit }}'], pass: exit == 0 }
",
    );
    environment
}

/// `run ./vars.yaml` with more arguments.
fn run(arguments: &[&str]) -> crate::environment::Finished {
    let environment = with_vars();
    let finished = environment.lxcdiag(&[&["run", "./vars.yaml"], arguments].concat());
    assert_eq!(environment.pct_calls(), [""; 0], "nothing may be started");
    finished
}

#[test]
fn without_a_container() {
    assert_snapshot!(run(&[]));
}

#[test]
fn an_id_that_no_container_can_have() {
    for id in ["99", "0", "1000000000", "abc", "-1", "0x3be", ""] {
        let finished = run(&["--ct", id]);
        assert_eq!(
            (finished.status, finished.stdout.as_str()),
            (Some(64), ""),
            "{id:?}"
        );
        assert!(
            finished.stderr.contains("--ct"),
            "{id:?}: {}",
            finished.stderr
        );
    }
    assert_snapshot!(run(&["--ct", "99"]));
}

#[test]
fn a_var_without_its_value() {
    assert_snapshot!(run(&["--ct", "958", "--var", "unit"]));
}

#[test]
fn a_var_that_the_runbook_does_not_have() {
    assert_snapshot!(run(&["--ct", "958", "--var", "umit=a.service"]));
}

#[test]
fn a_var_without_a_similar_name() {
    assert_snapshot!(run(&["--ct", "958", "--var", "colour=red"]));
}

#[test]
fn a_var_that_does_not_match() {
    assert_snapshot!(run(&[
        "--ct",
        "958",
        "--var",
        "unit=a.service; rm -rf /\u{1b}[2J"
    ]));
}

#[test]
fn a_var_that_is_not_of_its_type() {
    assert_snapshot!(run(&["--ct", "958", "--var", "window=soon"]));
}

#[test]
fn an_invalid_time() {
    for moment in ["yesterday", "", "12:00", "2026-01-02 03:04:05"] {
        let finished = run(&["--ct", "958", "--failed-at", moment]);
        assert_eq!(finished.status, Some(64), "{moment:?}");
    }
    assert_snapshot!(run(&["--ct", "958", "--failed-at", "yesterday"]));
}

#[test]
fn an_invalid_duration() {
    for length in ["soon", "0", "0s", "-5s", "", "1e400s", "5 parsecs"] {
        let finished = run(&["--ct", "958", "--timeout", length]);
        assert_eq!(finished.status, Some(64), "{length:?}");
    }
    assert_snapshot!(run(&["--ct", "958", "--timeout", "soon"]));
}

#[test]
fn an_output_whose_ending_names_no_format() {
    for file in ["report.pdf", "report", ".json", "a/"] {
        let finished = run(&["--ct", "958", "--output", file]);
        assert_eq!(finished.status, Some(64), "{file:?}");
    }
    assert_snapshot!(run(&[
        "--ct",
        "958",
        "--output",
        "ok.json",
        "--output",
        "report.pdf"
    ]));
}

#[test]
fn an_unknown_format() {
    assert_snapshot!(run(&["--ct", "958", "--format", "xml"]));
}

#[test]
fn a_dry_run_prints_the_exact_commands_and_runs_none() {
    let environment = Environment::new();
    environment.write(
        "work/dry.yaml",
        "runbook: dry
title: Dry
vars:
  unit: { default: a.service, about: the unit }
  dir: { default: '/etc/my units', about: the directory }
  source: { about: the source }
checks:
  - { id: touch, title: x, run: [touch, '{{ dir }}/touched'], changes: true, pass: exit == 0 }
  - { id: units, title: x, run: [ls, -1, --, '{{ dir }}'], each: line, facts: { match: '^(?<name>.+)$' } }
  - { id: piped, title: x, shell: \"cat {{ dir | quote }}/* | grep -c 'x y'\", pass: exit == 0 }
  - { id: states, title: x, needs: [units], for_each: units.name, run: [systemctl, is-active, '{{ item }}'], pass: exit == 0 }
  - { id: pushes, title: x, host: { tasks: [push_file, vzstart] } }
  - { id: config, title: x, host: container }
  - { id: size, title: x, host: { source: '{{ source }}' } }
  - id: copy
    title: x
    shell: |
      d=$(mktemp -d)
      cp -a {{ dir | quote }} \"$d\"
    pass: exit == 0
",
    );
    let dry = ["run", "./dry.yaml", "--ct", "958", "--dry-run"];
    let allowed = [&dry[..], &["--allow-changes"]].concat();
    assert_snapshot!("dry_run", environment.lxcdiag(&allowed));
    let read_only = environment.lxcdiag(&[&dry[..], &["--read-only"]].concat());
    assert!(
        read_only
            .stdout
            .contains("   # skipped: it changes the container, and --read-only is given\n"),
        "{read_only}"
    );
    assert_eq!(environment.pct_calls(), [""; 0]);
    // It needs neither root nor a host.
    let mut nobody = environment.command_as_nobody(&dry);
    nobody.env("LXCDIAG_HOST_ROOT", "/nonexistent");
    let nobody = environment.finished(nobody);
    assert_eq!(nobody.status, Some(0), "{nobody}");
}

#[test]
fn a_dry_run_names_the_client() {
    let environment = with_vars();
    let first = |more: &[&str]| {
        let arguments = ["run", "./vars.yaml", "--ct", "958", "--dry-run"];
        let finished = environment.lxcdiag(&[&arguments[..], more].concat());
        finished.stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        first(&["--via", "lxc-attach"]),
        "setsid lxc-attach -n 958 --keep-env -- sh"
    );
    assert_eq!(
        first(&["--pct", "/opt/my pct"]),
        "setsid '/opt/my pct' exec 958 -- sh"
    );
}

#[test]
fn a_dry_run_names_the_client_on_another_node() {
    let environment = Environment::new();
    let members = r#"{ "nodelist": { "pve2": { "ip": "10.0.0.2" } } }"#;
    environment.write("host/etc/pve/.members", members);
    let dry = |node| {
        let node = format!("--node={node}");
        environment.lxcdiag(&["run", "race-condition", "--ct=958", "--dry-run", &node])
    };
    let there = dry("pve2").stdout;
    let words = "setsid ssh -T -e none -o BatchMode=yes -o HostKeyAlias=pve2 -S SOCKET";
    assert!(there.starts_with(words), "{there}");
    assert!(
        there.contains(" root@10.0.0.2 -- 'exec env -i PATH="),
        "{there}"
    );
    assert!(
        dry("pve1").stdout.starts_with("setsid "),
        "that is this node"
    );
    for (node, expected) in [
        ("pve3", "no address of node pve3 in "),
        (
            "-oProxyCommand=id",
            "invalid node name \"-oProxyCommand=id\"",
        ),
        ("pve2;id", "invalid node name \"pve2;id\""),
    ] {
        let refused = dry(node);
        assert!(refused.stderr.contains(expected), "{refused}");
    }
}
