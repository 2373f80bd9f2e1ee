//! The configuration file: what it sets, what comes before it, and what is refused.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::environment::{Environment, Finished};

fn configured(environment: &Environment, text: &str, mut command: Command) -> Finished {
    environment.write("etc/config.yaml", text);
    command.env("LXCDIAG_CONFIG", environment.path("etc/config.yaml"));
    environment.finished(command)
}

#[test]
fn every_value_has_its_source() {
    let environment = Environment::new();
    let text = "via: lxc-attach\n\nrunbooks: [/srv/a]\nstate: /srv/state\nsweep:\n  jobs: 3\n";
    let command = environment.command(&["config"]);
    let printed = configured(&environment, text, command);
    let directory = environment.path("");
    let directory = directory.display().to_string();
    let directory = directory.trim_end_matches('/');
    let file = format!("{directory}/etc/config.yaml");
    assert_eq!(
        printed.stdout,
        format!(
            "# {file}
via: \"lxc-attach\"  # {file}:1
pct: \"{directory}/bin/pct\"  # LXCDIAG_PCT
runbooks: [\"/srv/a\"]  # {file}:3
state: \"{directory}/state/lxcdiag\"  # XDG_STATE_HOME
redact: []  # default
# notify: not set
sweep:
  jobs: \"3\"  # {file}:6
  timeout: 2min  # default
  deadline: 1h  # default
  confirm: 1  # default
  # exclude: not set
  waivers: /etc/lxcdiag/waivers.yaml  # default
"
        ),
        "{printed}"
    );
    // What is printed can be the file.
    let again = configured(
        &environment,
        &printed.stdout,
        environment.command(&["config"]),
    );
    assert_eq!(again.status, Some(0), "{again}");
}

#[test]
fn an_option_comes_before_a_variable_and_that_before_the_file() {
    let environment = Environment::new();
    let client = |text: &str, variable: Option<&str>, more: &[&str]| {
        let arguments = [&["run", "health", "--ct", "958", "--dry-run"], more].concat();
        let mut command = environment.command(&arguments);
        match variable {
            Some(pct) => command.env("LXCDIAG_PCT", pct),
            None => command.env_remove("LXCDIAG_PCT"),
        };
        let printed = configured(&environment, text, command);
        assert_eq!(printed.status, Some(0), "{printed}");
        printed
            .stdout
            .lines()
            .next()
            .unwrap()
            .trim_start_matches("setsid ")
            .to_owned()
    };
    let file = "pct: /file/pct\n";
    assert_eq!(client(file, None, &[]), "/file/pct exec 958 -- sh");
    assert_eq!(
        client(file, Some("/variable/pct"), &[]),
        "/variable/pct exec 958 -- sh"
    );
    let option = ["--pct", "/option/pct"];
    assert_eq!(
        client(file, Some("/variable/pct"), &option),
        "/option/pct exec 958 -- sh"
    );
    let attach = client("via: lxc-attach\n", None, &[]);
    assert!(attach.contains("lxc-attach "), "{attach}");
    assert_eq!(
        client(
            "via: lxc-attach\n",
            None,
            &["--via", "pct", "--pct", "/a/pct"]
        ),
        "/a/pct exec 958 -- sh"
    );
}

#[test]
fn the_file_adds_runbooks_and_secrets() {
    let environment = Environment::new();
    environment.write(
        "mine/mine.yaml",
        "runbook: mine\ntitle: x\nchecks: [{ id: a, title: A, run: [echo, ticket-123], pass: exit == 0, show: '{{ stdout }}' }]\n",
    );
    let text = format!(
        "runbooks: ['{}']\nredact: ['ticket-[0-9]+']\n",
        environment.path("mine").display()
    );
    let command = environment.command_as_root(&["run", "mine", "--ct", "958", "--verbose"]);
    let ran = configured(&environment, &text, command);
    assert_eq!(ran.status, Some(0), "{ran}");
    assert!(!ran.stdout.contains("ticket-123"), "{ran}");
    let without = environment.as_root(&["run", "mine", "--ct", "958"]);
    assert_eq!(without.status, Some(64), "{without}");
}

#[test]
fn the_state_is_where_the_file_says() {
    let environment = Environment::new();
    let runbook =
        "runbook: small\ntitle: x\nchecks: [{ id: a, title: A, run: ['true'], pass: exit == 0 }]\n";
    environment.write("work/small.yaml", runbook);
    let mut command = environment.command_as_root(&["run", "./small.yaml", "--ct", "958"]);
    command.env_remove("XDG_STATE_HOME");
    let text = format!("state: {}\n", environment.path("kept").display());
    configured(&environment, &text, command);
    assert!(environment.path("kept/history").is_dir());
}

#[test]
fn a_sweep_has_its_defaults() {
    let environment = Environment::new();
    let command = environment.command(&["sweep", "--help"]);
    let help = configured(
        &environment,
        "sweep: { confirm: 3, deadline: 7min }\nnotify: 'a b'\n",
        command,
    );
    for default in [
        "[default: 3]",
        "[default: 7min]",
        "[default: \"a b\"]",
        "[default: 2min]",
    ] {
        assert!(help.stdout.contains(default), "{default}: {help}");
    }
    let command = environment.command_as_root(&["sweep", "health", "--ct", "958"]);
    let swept = configured(&environment, "sweep: { exclude: 958 }\n", command);
    assert!(swept.stdout.contains("0 containers"), "{swept}");
}

#[test]
fn a_wrong_file_is_an_error_with_its_line() {
    let environment = Environment::new();
    for (text, error) in [
        ("via: pct\nvias: pct\n", "etc/config.yaml:2:1: "),
        (
            "via: ssh\n",
            "etc/config.yaml:1:6: via: expected `pct` or `lxc-attach`, found `ssh`",
        ),
        (
            "sweep:\n  jobs: 0\n",
            "etc/config.yaml:2:9: sweep.jobs: expected a number from 1 to 65535, found `0`",
        ),
        (
            "sweep: { timeout: soon }\n",
            "etc/config.yaml:1:19: sweep.timeout: expected a duration",
        ),
        (
            "state: here\n",
            "etc/config.yaml:1:8: state: expected an absolute path, found `here`",
        ),
        ("redact: ['(']\n", "etc/config.yaml:1:9: redact: "),
        (
            "runbooks: [a]\n",
            "etc/config.yaml:1:11: runbooks: expected absolute paths, found `a`",
        ),
        ("via: [\n", "etc/config.yaml:"),
        (&"#".repeat(2 << 20), "etc/config.yaml: "),
    ] {
        let finished = configured(&environment, text, environment.command(&["list"]));
        assert_eq!(finished.status, Some(65), "{finished}");
        assert!(finished.stderr.contains(error), "{error}: {finished}");
    }
    let empty = configured(&environment, "# nothing\n", environment.command(&["list"]));
    assert_eq!(empty.status, Some(0), "{empty}");
    // Help and completions work still.
    let help = configured(
        &environment,
        "vias: pct\n",
        environment.command(&["--help"]),
    );
    assert_eq!(help.status, Some(0), "{help}");
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let environment = Environment::new();
    environment.write("etc/config.yaml", "via: pct\n");
    let writable = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(environment.path("etc/config.yaml"), writable).unwrap();
    let mut command = environment.command(&["list"]);
    command.env("LXCDIAG_CONFIG", environment.path("etc/config.yaml"));
    let refused = environment.finished(command);
    assert_eq!(refused.status, Some(65), "{refused}");
    assert!(
        refused.stderr.contains("other users can write to it"),
        "{refused}"
    );
    let mut command = environment.command(&["list"]);
    command.env("LXCDIAG_CONFIG", "/nonexistent");
    assert_eq!(environment.finished(command).status, Some(65));
}
