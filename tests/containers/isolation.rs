//! Nothing of the host reaches the container, nothing in the container reaches the operator's terminal.

use std::process::Command;

use crate::lab::{Container, succeed};
use crate::lxcdiag::{JSON, check, run};

/// The host's variables do not enter, and those that make pct die do not stop the run.
#[test]
fn the_host_s_environment_stays_outside() {
    let container = Container::pristine();
    let runbook = container.runbook(&check("variables", "5s", "env | sort"));
    let hostile = container.directory.path().join("bash_env");
    std::fs::write(&hostile, "echo sourced\n").unwrap();
    for via in ["pct", "lxc-attach"] {
        let ended = run(container
            .lxcdiag(&runbook)
            .args(JSON)
            .args(["--via", via])
            .env("BASH_ENV", &hostile)
            .env("ENV", &hostile)
            .env("IFS", "/")
            .env("CDPATH", "/tmp")
            .env("LANG", "de_DE.UTF-8")
            .env("PVE_TICKET", "a-secret-of-the-host"));
        let row = ended.row("variables");
        assert_eq!(row["outcome"], "passed", "{row:#}");
        let names: Vec<_> = row["stdout"]
            .as_str()
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once('=').map(|(name, _)| name))
            .collect();
        // PWD is from the command's own shell.
        assert_eq!(
            names,
            ["LC_ALL", "LXCDIAG_SESSION", "PATH", "PWD", "TZ"],
            "via {via}: {row:#}"
        );
        assert!(!ended.stdout.contains("a-secret-of-the-host"));
    }
}

/// A word, quoted for a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Runs a command with a new terminal as controlling terminal and standard streams, and returns what it printed.
fn on_a_terminal(command: &Command, log: &std::path::Path) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| quoted(word.to_str().unwrap()))
        .collect();
    let mut script = Command::new("script");
    script.args(["-qec", &words.join(" ")]).arg(log);
    script.env_clear();
    for (name, value) in command.get_envs() {
        script.env(name, value.unwrap());
    }
    String::from_utf8(succeed(&mut script).stdout).unwrap()
}

/// A process in the container that could open the operator's terminal could type into it.
#[test]
fn the_operator_s_terminal_is_out_of_reach() {
    let container = Container::pristine();
    let log = container.directory.path().join("typescript");

    // A command that lxcdiag does not start can.
    let mut plain = Command::new("sh");
    plain.args(["-c", "echo reached >/dev/tty; tty"]);
    let said = on_a_terminal(&plain, &log);
    assert!(
        said.contains("reached") && said.contains("/dev/pts/"),
        "{said}"
    );

    let checks = [
        check("write", "5s", "! { echo reached >/dev/tty; } 2>&1"),
        check("read", "5s", "! (read -r typed </dev/tty) 2>&1"),
        check("streams", "5s", "! test -t 0 && ! test -t 1 && ! test -t 2"),
        check("input", "5s", "test \"$(cat)\" = ''"),
    ];
    // With it, each command would have its own session in any case.
    container.sh("rm /usr/bin/setsid");
    let report = container.directory.path().join("report.json");
    for via in ["pct", "lxc-attach"] {
        let mut command = container.lxcdiag(&container.runbook(&checks.concat()));
        command.args(["--via", via, "--output"]).arg(&report);
        // `script` would end with the exit status of lxcdiag, which is 3 here.
        let mut shell = Command::new("sh");
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| quoted(word.to_str().unwrap()))
            .collect();
        shell.args(["-c", &format!("{}; true", words.join(" "))]);
        for (name, value) in command.get_envs() {
            shell.env(name, value.unwrap());
        }
        on_a_terminal(&shell, &log);
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
        for row in report["checks"].as_array().unwrap() {
            assert_eq!(row["outcome"], "passed", "via {via}: {row:#}");
        }
        assert_eq!(report["checks"].as_array().unwrap().len(), 4);
        let said = report["checks"][0]["stdout"].as_str().unwrap();
        assert!(said.contains("No such device or address"), "{said}");
    }
}

/// The output of a check may contain anything, even lxcdiag's own marks.
#[test]
fn what_a_check_prints_is_only_bytes() {
    let container = Container::pristine();
    let checks = [
        check(
            "forged",
            "5s",
            r"printf '\036lxcdiag 0 end 1 0 no\036\033[2J\033]0;title\007'; printf '\377\n'",
        ),
        check("next", "5s", "echo next"),
    ];
    let runbook = container.runbook(&checks.concat());
    let ended = run(container.lxcdiag(&runbook).args(JSON));
    assert_eq!(
        ended.row("forged")["stdout"],
        "\u{1e}lxcdiag 0 end 1 0 no\u{1e}\u{1b}[2J\u{1b}]0;title\u{7}\u{fffd}\n"
    );
    ended.assert_printed("next", "next\n");
}
