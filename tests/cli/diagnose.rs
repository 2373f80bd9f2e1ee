//! Whole runs, from the command line to the report.

use insta::assert_snapshot;
use serde_json::Value;

use crate::environment::{Environment, Finished, LXCDIAG};

/// A runbook with one check, `found`, and this evidence and these limits.
fn runbook_with(evidence: &str, limits: &str) -> String {
    format!(
        "runbook: small
title: A small runbook
vars:
  status: {{ default: '0', type: int, about: what the check exits with }}
checks:
  - id: found
    title: What is found
    shell: echo found {{{{ status | quote }}}}; exit {{{{ status | quote }}}}
    exits: [0, 1, 2]
    facts: {{ match: '^found (?<level>\\d+)$', types: {{ level: int }} }}
    pass: level == 0
    show: level {{{{ level }}}}
{limits}
hypotheses:
  - id: torn
    title: It is torn
    race: true
    about: It was torn during the push.
    remedy: |
      Repair it:
        pct exec {{{{ ct }}}} -- repair
    evidence: [{evidence}]
"
    )
}

const LIKELY_OR_CONFIRMED: &str = "{ if: found.level == 1, then: supports, says: the level is 1 }, \
     { if: found.level == 2, then: confirms, says: the level is 2 }";

fn environment() -> Environment {
    let environment = Environment::new();
    environment.write("work/small.yaml", &runbook_with(LIKELY_OR_CONFIRMED, ""));
    environment
}

const RUN: [&str; 4] = ["run", "./small.yaml", "--ct", "958"];

fn run(environment: &Environment, more: &[&str]) -> Finished {
    environment.as_root(&[&RUN[..], more].concat())
}

#[test]
fn the_exit_status_is_the_verdicts() {
    let environment = environment();
    for (level, status) in [("0", 0), ("1", 1), ("2", 2), ("3", 3)] {
        let var = format!("status={level}");
        let finished = run(&environment, &["--var", &var]);
        assert_eq!(finished.status, Some(status), "{finished}");
    }
}

#[test]
fn the_exit_status_of_a_limit() {
    let environment = Environment::new();
    let limits = "    warn: level == 1\n    crit: level == 2";
    let never = "{ if: found.level == 9, then: supports, says: x }";
    environment.write("work/small.yaml", &runbook_with(never, limits));
    for (level, status) in [("0", 0), ("1", 1), ("2", 2)] {
        let var = format!("status={level}");
        let finished = run(&environment, &["--var", &var]);
        assert_eq!(finished.status, Some(status), "{finished}");
    }
}

#[test]
fn a_report() {
    let finished = run(&environment(), &["--var", "status=2"]);
    // The column of times is as wide as the longest, and the rule as the table.
    let replace = |text: &str, pattern: &str, with: &str| {
        let pattern = regex::Regex::new(pattern).unwrap();
        pattern.replace_all(text, with).into_owned()
    };
    let text = replace(&finished.to_string(), r"\d+(\.\d\d)? (ms|s)\b *", "[LONG] ");
    let text = replace(&text, "Time +Race", "Time  Race");
    assert_snapshot!(replace(&text, "─+", "───"));
}

#[test]
fn one_pct_for_the_whole_run() {
    let environment = environment();
    run(&environment, &[]);
    assert_eq!(environment.pct_calls(), ["exec 958 -- sh"]);
}

#[test]
fn a_report_in_json_and_in_files() {
    let environment = environment();
    let more = [
        "--format", "json", "--output", "a.json", "--output", "b.txt", "--var", "status=1",
    ];
    let finished = run(&environment, &more);
    assert_eq!((finished.status, finished.stderr.as_str()), (Some(1), ""));
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["schema"], "lxcdiag.report/1");
    assert_eq!(report["verdict"]["id"], "torn");
    assert_eq!(report["verdict"]["level"], "likely");
    assert_eq!(report["target"]["ct"], 958);
    assert_eq!(report["target"]["node"], "pve1");
    assert_eq!(report["target"]["via"], "pct");
    assert_eq!(report["vars"]["status"], "1");
    assert_eq!(report["defaulted"], serde_json::json!([]));
    assert_eq!(report["checks"][0]["argv"][2], "echo found 1; exit 1");
    let sha256 = report["runbook"]["sha256"].as_str().unwrap();
    assert!(sha256.len() == 64 && sha256.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_eq!(environment.read("work/a.json"), finished.stdout);
    assert!(
        environment
            .read("work/b.txt")
            .contains("▌ LIKELY: It is torn (torn)")
    );
}

#[test]
fn colour_only_where_it_is_wanted() {
    let environment = environment();
    let mut command = environment.command_as_root(&RUN);
    command.env_remove("NO_COLOR");
    let piped = environment.finished(command);
    assert!(!piped.stdout.contains('\x1b'), "a pipe takes no colour");
    let mut command = environment.command_as_root(&RUN);
    command.env("CLICOLOR_FORCE", "1");
    assert!(environment.finished(command).stdout.contains('\x1b'));
    // The option comes before the variables.
    let always = [&RUN[..], &["--color", "always"]].concat();
    assert!(environment.as_root(&always).stdout.contains('\x1b'));
    let mut command = environment.command_as_root(&[&["--color=never"], &RUN[..]].concat());
    command.env("CLICOLOR_FORCE", "1");
    assert!(!environment.finished(command).stdout.contains('\x1b'));
}

#[test]
fn ascii_changes_what_is_for_a_user_and_no_data() {
    let environment = environment();
    let demo = ["run", "race-condition", "--demo", "--ascii", "--verbose"];
    let table = environment.lxcdiag(&demo).stdout;
    assert!(
        table.contains("| LIKELY: Race condition") && table.is_ascii(),
        "{table}"
    );
    let text = "runbook: small\ntitle: Größe\nchecks: [{ id: a, title: A, run: ['true'], pass: exit == 0 }]\n";
    environment.write("work/small.yaml", text);
    assert!(
        run(&environment, &["--ascii"])
            .stdout
            .contains("small: Gr??e\n")
    );
    let json = run(&environment, &["--ascii", "--format", "json"]);
    assert!(json.stdout.contains("\"title\": \"Größe\""), "{json}");
    let error = environment.lxcdiag(&["--ascii", "run", "x…", "--demo"]);
    assert!(
        error.stderr.contains("x~") && error.stderr.is_ascii(),
        "{error}"
    );
    let container = environment.as_root(&["--ascii", "958", "--dry-run"]);
    assert_eq!(container.status, Some(0), "{container}");
}

/// A terminal that does not know links would print their address.
#[test]
fn the_page_is_a_link_on_a_terminal_that_knows_links() {
    let environment = environment();
    let words = ["run", "race-condition", "--demo", "--output", "a.html"];
    let on = |kind: &str, more: &[&str]| {
        let command = [&[LXCDIAG], &words[..], more].concat().join(" ");
        let mut script = environment.command_of("script", &["-qec", &command, "/dev/null"]);
        script.env("TERM", kind);
        environment.finished(script).stdout
    };
    let known = on("xterm-kitty", &[]);
    assert!(known.contains("HTML report: \x1b]8;;file://"), "{known}");
    assert!(
        known.contains("/work/a.html\x1b\\a.html\x1b]8;;\x1b\\"),
        "{known}"
    );
    for other in [
        on("xterm", &[]),
        on("xterm-kitty", &["--color", "never"]),
        on("xterm-kitty", &["--format", "json"]),
    ] {
        assert!(!other.contains("\x1b]8"), "{other}");
    }
}

#[test]
fn the_log_shows_each_command_as_it_is_sent() {
    let environment = environment();
    environment.write(
        "work/secret.yaml",
        "runbook: secret\ntitle: x\nvars: { password: { about: 'To log in' } }\nchecks:\n  \
         - { id: login, title: Log in, run: [echo, '{{ password }}', visible], pass: exit == 0 }\n",
    );
    let mut command = environment.command_as_root(&[
        "run",
        "./secret.yaml",
        "--ct",
        "958",
        "--var",
        "password=hunter2hunter2",
    ]);
    command.env("LXCDIAG_LOG", "debug");
    let finished = environment.finished(command);
    let log = &finished.stderr;
    assert!(log.contains("/bin/pct exec 958 -- sh\n"), "{finished}");
    assert!(
        log.contains("container 958: echo [redacted:password:1] visible\n"),
        "{finished}"
    );
    assert!(!log.contains("hunter2"), "{finished}");
    let quiet =
        environment.as_root(&["run", "./secret.yaml", "--ct", "958", "--var", "password=x"]);
    assert_eq!(quiet.stderr, "");
}

#[test]
fn the_host_proves_the_time_zone_of_a_log() {
    let environment = environment();
    // 2026-11-22T22:50:06Z.
    let upid = "UPID:pve1:00004369:00047A96:6B03719E:vzstart:958:root@pam:";
    environment.write(
        "host/var/log/pve/tasks/index",
        &format!("{upid} 6B0371A0 OK\n"),
    );
    let log = "2026-11-22 17:50:05 + pct start 958
2026-11-22 17:50:09 Failed to enable unit: Unit file a.service does not exist.
the end\n";
    environment.write("work/provision.log", log);
    let more = ["--log", "provision.log", "--format", "json"];
    let report: Value = serde_json::from_str(&run(&environment, &more).stdout).unwrap();
    assert_eq!(report["failed_at"], "2026-11-22T22:50:09.000000Z");
    assert_eq!(report.get("log_zone_assumed"), None);
}

#[test]
fn facts_of_the_host() {
    let environment = environment();
    let text = "runbook: small\ntitle: x\nchecks:
  - { id: config, title: Container, host: container, show: '{{ status }} {{ hostname }}' }
  - { id: pushes, title: Pushes, host: { tasks: [push_file] }, show: \"{{ status | join(', ') }}\" }
";
    environment.write("work/small.yaml", text);
    let upid = "UPID:pve1:00004369:00047A96:6B03719E:push_file:958:root@pam:";
    let index = format!("{upid} 6B03719E failed to create file: /etc/x/: Is a directory\n");
    environment.write("host/var/log/pve/tasks/index", &index);
    let finished = run(&environment, &["--format", "json"]);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(report["checks"][0]["observed"], "running embed");
    assert_eq!(
        report["checks"][1]["observed"],
        "failed to create file: /etc/x/: Is a directory"
    );
    assert_eq!(
        environment.pct_calls(),
        [""; 0],
        "no check is in the container"
    );
}

#[test]
fn a_failing_pct_is_reported_and_the_host_probes_are_still_judged() {
    let environment = environment();
    environment.write_pct("echo 'ipcc_send_rec[1] failed: Connection refused' >&2\nexit 111\n");
    let text = "runbook: small\ntitle: x\nchecks:
  - { id: config, title: Container, host: container }
  - { id: inside, title: Inside, run: ['true'], pass: exit == 0 }
hypotheses:
  - { id: there, title: It is there, about: x, remedy: x, evidence: [{ if: config.running, then: supports, says: it runs }] }
";
    environment.write("work/small.yaml", text);
    let finished = run(&environment, &["--format", "json"]);
    assert_eq!(finished.status, Some(1), "{finished}");
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let inside = &report["checks"][1];
    assert_eq!(inside["outcome"], "errored");
    let reason = inside["reason"].as_str().unwrap();
    assert!(reason.contains("Connection refused"), "{reason}");
}

#[test]
fn a_check_that_times_out_does_not_stop_the_others() {
    let environment = environment();
    let text = "runbook: small\ntitle: x\nchecks:
  - { id: hangs, title: Hangs, run: [sleep, '60'], timeout: 500ms, pass: exit == 0 }
  - { id: goes_on, title: Goes on, run: ['true'], pass: exit == 0 }
";
    environment.write("work/small.yaml", text);
    let finished = run(&environment, &["--format", "json"]);
    let report: Value = serde_json::from_str(&finished.stdout).unwrap();
    let outcomes: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["outcome"])
        .collect();
    assert_eq!(outcomes, ["errored", "passed"]);
    assert_eq!(report["checks"][0]["timed_out"], true);
    assert_eq!(finished.status, Some(3));
}
