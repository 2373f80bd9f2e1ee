//! `fix` runs a remedy, after a yes, and diagnoses the container again.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};

use crate::environment::{Environment, LXCDIAG, as_root, make_executable};
use crate::wait::{wait_for, wait_until};

/// A container with its own `systemctl`, whose only unit is `a.service`, which is not started. Starting it runs `inside/start`.
fn environment() -> Environment {
    let environment = Environment::new();
    let inside = environment.path("inside");
    let inside = inside.display();
    environment.write_pct(&format!(
        "printf '%s\\n' \"$*\" >>{log}
while [ \"$1\" != -- ]; do shift; done
shift
[ \"$*\" = sh ] || PATH={inside}:$PATH exec \"$@\"
exec bash -c 'exec sh < <(sed -u \"s|^export PATH=|&{inside}:|\" 2>/dev/null)'
",
        log = environment.path("pct.log").display(),
    ));
    environment.write(
        "inside/systemctl",
        &format!(
            "#!/bin/sh
case \"$*\" in
show*LoadState,LoadError*)
  if [ -e {inside}/active ]; then active=active sub=running; else active=inactive sub=dead; fi
  printf '%s\\n' LoadState=loaded ActiveState=$active SubState=$sub Result=success UnitFileState=disabled \\
    NeedDaemonReload=no Type=simple ExecMainCode=0 ExecMainStatus=0 InvocationID= NRestarts=0 ;;
start*) . {inside}/start ;;
esac
"
        ),
    );
    environment.write("inside/journalctl", "#!/bin/sh\n");
    environment.write("inside/cat", "#!/bin/sh\necho systemd\n");
    for program in ["systemctl", "journalctl", "cat"] {
        make_executable(&environment.path(&format!("inside/{program}")));
    }
    on_start(&environment, &format!(": >{inside}/active\n"));
    environment
}

fn on_start(environment: &Environment, script: &str) {
    environment.write("inside/start", script);
}

const FIX: [&str; 6] = ["fix", "unit-failed", "--ct", "958", "--var", "unit=a"];

fn started(environment: &Environment) -> bool {
    let calls = environment.pct_calls();
    calls.contains(&"exec 958 -- systemctl start -- a.service".to_owned())
}

#[test]
fn after_a_yes_the_commands_run_and_the_fault_is_gone() {
    let environment = environment();
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(0), "{finished}");
    // The report says it too, but before the question only the last one counts.
    let place = |text: &str| finished.stdout.rfind(text).expect(text);
    let verdict = finished
        .stdout
        .find("CONFIRMED: The unit was not started")
        .unwrap();
    let shown = place("Fix now, 1 of 1: Start the unit.");
    let changes = place("Effect of the commands: starts a.service");
    let asked = place("Run this? [y/N]");
    let fixed = place("lxcdiag: fixed: a.service is active.");
    assert!(verdict < shown && shown < changes && changes < asked && asked < fixed);
    assert!(started(&environment));
}

#[test]
fn without_a_yes_nothing_runs_and_the_status_is_that_of_the_verdict() {
    for answer in ["n\n", "\n", "yes please\n"] {
        let environment = environment();
        let finished = environment.on_a_terminal(&FIX, answer);
        assert_eq!(finished.status, Some(2), "{finished}");
        assert!(finished.stdout.contains("nothing was run"), "{finished}");
        assert!(!started(&environment), "{finished}");
    }
}

#[test]
fn it_needs_a_terminal_unless_the_answers_are_given() {
    let environment = environment();
    let refused = environment.as_root(&FIX);
    assert_eq!(refused.status, Some(64), "{refused}");
    assert!(environment.pct_calls().is_empty(), "{refused}");
    let finished = environment.as_root(&[&FIX[..], &["--yes"]].concat());
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(!finished.stderr.contains("[y/N]"), "{finished}");
    assert!(started(&environment));
}

#[test]
fn nothing_is_offered_for_a_healthy_container() {
    let environment = environment();
    environment.write("inside/active", "");
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(!finished.stdout.contains("[y/N]"), "{finished}");
}

#[test]
fn a_command_that_fails_is_not_taken_for_a_repair() {
    let environment = environment();
    on_start(&environment, "echo 'no such luck' >&2; exit 5\n");
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(2), "{finished}");
    for text in [
        "  | no such luck",
        "it failed (exit status: 5)",
        "lxcdiag: not fixed: not-started is still the verdict",
    ] {
        assert!(finished.stdout.contains(text), "{text}: {finished}");
    }
}

#[test]
fn a_command_that_succeeds_without_effect_is_not_taken_for_a_repair() {
    let environment = environment();
    on_start(&environment, "exit 0\n");
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(2), "{finished}");
    assert!(finished.stdout.contains("not fixed"), "{finished}");
}

#[test]
fn a_container_that_is_healthy_after_a_command_failed_is_not_called_fixed() {
    let environment = environment();
    let active = environment.path("inside/active");
    on_start(&environment, &format!(": >{}; exit 5\n", active.display()));
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(0), "{finished}");
    let result = "lxcdiag: healthy now, although fix 1 failed: a.service is active.";
    assert!(finished.stdout.contains(result), "{finished}");
}

/// As soon as it is run, a later verdict must know of it, also if lxcdiag was killed.
#[test]
fn what_fix_changed_is_on_the_timeline_of_later_runs() {
    let environment = environment();
    let fixed = environment.as_root(&[&FIX[..], &["--yes"]].concat());
    assert_eq!(fixed.status, Some(0), "{fixed}");
    let run = ["run", "unit-failed", "--ct", "958", "--var", "unit=a"];
    let later = environment.as_root(&[&run[..], &["--format", "json"]].concat());
    let report: serde_json::Value = serde_json::from_str(&later.stdout).unwrap();
    let timeline = report["timeline"].as_array().unwrap();
    let change = "lxcdiag fix: starts a.service";
    assert!(
        timeline.iter().any(|event| event["what"] == change),
        "{later}"
    );
}

#[test]
fn without_a_ledger_nothing_is_run() {
    let environment = environment();
    environment.write("state/lxcdiag/runs", "a file in its place");
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(!started(&environment), "{finished}");
}

/// What only the user knows, `--yes` cannot answer.
#[test]
fn a_condition_is_asked_for_and_not_assumed() {
    let masked = || {
        let environment = environment();
        let systemctl = environment.read("inside/systemctl");
        let masked = systemctl.replace("LoadState=loaded", "LoadState=masked");
        environment.write("inside/systemctl", &masked);
        environment
    };
    let condition = "a.service was not masked on purpose";
    let environment = masked();
    let finished = environment.as_root(&[&FIX[..], &["--yes"]].concat());
    let refused = format!("not run with --yes: only you know whether {condition}");
    assert!(finished.stderr.contains(&refused), "{finished}");
    assert!(finished.stderr.contains("nothing was run"), "{finished}");
    assert_eq!(finished.status, Some(2), "{finished}");
    let asked = masked().on_a_terminal(&FIX, "n\n");
    let question = format!("Only if {condition}. Run this? [y/N]");
    assert!(asked.stdout.contains(&question), "{asked}");
}

#[test]
fn a_private_key_that_a_command_prints_is_removed_as_a_whole() {
    let environment = environment();
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
    let key = format!("-----BEGIN PRIVATE KEY-----\n{body}\nQUJD\n-----END PRIVATE KEY-----");
    on_start(
        &environment,
        &format!("echo before; echo '{key}'; echo after\n"),
    );
    let finished = environment.on_a_terminal(&FIX, "y\n");
    for secret in [body, "QUJD"] {
        assert!(!finished.stdout.contains(secret), "{finished}");
    }
    let shown = "  | before\r\n  | [redacted:private-key:1]\r\n  | after";
    assert!(finished.stdout.contains(shown), "{finished}");
}

/// Its stderr is full, as behind a pager that is paused.
#[test]
fn a_signal_ends_the_command_although_its_output_is_not_read() {
    let environment = environment();
    let began = environment.path("began");
    on_start(
        &environment,
        &format!(
            "yes | head -c 200000; sh -c 'echo $$ >{}; exec sleep 600'\n",
            began.display()
        ),
    );
    let mut command = environment.command_as_root(&[&FIX[..], &["--yes"]].concat());
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let process = process_in(&began);
    let group = Pid::from_raw(child.id().cast_signed()).unwrap();
    kill_process(group, Signal::TERM).unwrap();
    wait_until("the command is gone", || is_gone(&process));
    let mut output = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
}

/// Longer than evidence may be old. By then, somebody else has started the unit.
#[test]
fn a_late_yes_is_no_consent_to_what_is_no_longer_the_remedy() {
    let environment = environment();
    let mut typed = Typed::new(&environment);
    std::thread::sleep(std::time::Duration::from_secs(61));
    environment.write("inside/active", "");
    typed.types("y\n");
    let (status, output) = typed.ended();
    assert_eq!(status, Some(0), "{output}");
    let why = "the container has changed since it was diagnosed; nothing else is run";
    assert!(output.contains(why), "{output}");
    assert!(!started(&environment), "{output}");
}

#[test]
fn what_a_command_prints_cannot_control_the_terminal() {
    let environment = environment();
    on_start(
        &environment,
        "printf '\\033]0;owned\\007\\342\\200\\256\\n'\n",
    );
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert!(
        finished.stdout.contains(r"  | \x1b]0;owned\x07\u{202e}"),
        "{finished}"
    );
    assert!(!finished.stdout.contains('\x1b'), "{finished}");
}

#[test]
fn the_remedies_of_a_runbook_that_is_not_built_in_are_printed_and_not_run() {
    let environment = environment();
    let show = environment.lxcdiag(&["show", "unit-failed"]);
    assert_eq!(show.status, Some(0));
    environment.write(
        "work/unit-failed.yaml",
        include_str!("../../runbooks/unit-failed.yaml"),
    );
    let fix = [
        "fix",
        "./unit-failed.yaml",
        "--ct",
        "958",
        "--var",
        "unit=a",
    ];
    let finished = environment.on_a_terminal(&[&fix[..], &["--yes"]].concat(), "y\n");
    assert_eq!(finished.status, Some(2), "{finished}");
    let command = "pct exec 958 -- systemctl start -- a.service";
    assert!(finished.stdout.contains(command), "{finished}");
    assert!(finished.stdout.contains("nothing was run"), "{finished}");
    assert!(!started(&environment));
}

#[test]
fn one_container_is_fixed_by_one_run_at_a_time() {
    let environment = environment();
    environment.write("state/lxcdiag/locks/958", "");
    let held = File::open(environment.path("state/lxcdiag/locks/958")).unwrap();
    flock(&held, FlockOperation::LockExclusive).unwrap();
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(69), "{finished}");
    let why = "cannot fix container 958: another run of lxcdiag is changing it";
    assert!(finished.stdout.contains(why), "{finished}");
    assert!(!started(&environment));
}

#[test]
fn a_locked_container_is_not_changed() {
    let environment = environment();
    environment.write(
        "host/etc/pve/nodes/pve1/lxc/958.conf",
        "hostname: embed\nlock: backup\n",
    );
    let finished = environment.on_a_terminal(&FIX, "y\n");
    assert_eq!(finished.status, Some(69), "{finished}");
    assert!(
        finished.stdout.contains("it is locked (backup)"),
        "{finished}"
    );
    assert!(!started(&environment));
}

/// `pct exec` passes its own environment on.
#[test]
fn what_is_in_the_environment_does_not_reach_the_container() {
    let environment = environment();
    let seen = environment.path("seen");
    on_start(&environment, &format!("env >{}\n", seen.display()));
    let mut command = environment.command_as_root(&[&FIX[..], &["--yes"]].concat());
    command
        .env("VAULT_TOKEN", "geheim")
        .env("SOURCE", "/etc/motd");
    environment.finished(command);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("LC_ALL=C.UTF-8"), "{seen}");
    assert!(!seen.contains("VAULT_TOKEN"), "{seen}");
    assert!(!seen.contains("SOURCE"), "{seen}");
}

/// Its configuration is gone by the time of the answer.
#[test]
fn a_container_that_cannot_be_found_any_more_is_not_changed() {
    let environment = environment();
    let mut typed = Typed::new(&environment);
    std::fs::remove_file(environment.path("host/etc/pve/nodes/pve1/lxc/958.conf")).unwrap();
    typed.types("y\n");
    let (status, output) = typed.ended();
    assert_eq!(status, Some(69), "{output}");
    assert!(!started(&environment), "{output}");
}

/// `fix` on a terminal on which the test types.
struct Typed {
    child: Child,
    keys: ChildStdin,
}

impl Typed {
    fn new(environment: &Environment) -> Self {
        let command = [as_root(), &[LXCDIAG], &FIX].concat().join(" ");
        let screen = environment.path("screen");
        let mut script =
            environment.command_of("script", &["-qfec", &command, screen.to_str().unwrap()]);
        let mut child = spawn(&mut script);
        let keys = child.stdin.take().unwrap();
        let typed = Self { child, keys };
        wait_until("it asks", || {
            std::fs::read_to_string(&screen).is_ok_and(|text| text.contains("[y/N]"))
        });
        typed
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn ended(mut self) -> (Option<i32>, String) {
        let mut output = String::new();
        let mut stdout = self.child.stdout.take().unwrap();
        stdout.read_to_string(&mut output).unwrap();
        (self.child.wait().unwrap().code(), output)
    }
}

fn spawn(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

const CTRL_C: &str = "\x03";
const CTRL_BACKSLASH: &str = "\x1c";

#[test]
fn ctrl_c_at_the_question_runs_nothing() {
    let environment = environment();
    let mut typed = Typed::new(&environment);
    typed.types(CTRL_C);
    let (status, output) = typed.ended();
    assert_eq!(status, Some(130), "{output}");
    assert!(!started(&environment), "{output}");
}

/// Also by the key that ends a program with a core dump.
#[test]
fn ctrl_c_and_ctrl_backslash_end_the_command_and_all_that_it_started() {
    for key in [CTRL_C, CTRL_BACKSLASH] {
        let environment = environment();
        let began = environment.path("began");
        on_start(
            &environment,
            &format!(
                "trap '' INT QUIT; sh -c 'echo $$ >{}; exec sleep 600'\n",
                began.display()
            ),
        );
        let mut typed = Typed::new(&environment);
        typed.types("y\n");
        let process = process_in(&began);
        typed.types(key);
        typed.ended();
        wait_until("the command is gone", || is_gone(&process));
    }
}

/// The command would go on while lxcdiag is suspended.
#[test]
fn ctrl_z_does_not_suspend_it() {
    let environment = environment();
    let (began, go_on) = (environment.path("began"), environment.path("go-on"));
    let active = environment.path("inside/active");
    on_start(
        &environment,
        &format!(
            "echo $$ >{}; until test -e {}; do sleep 0.1; done; : >{}\n",
            began.display(),
            go_on.display(),
            active.display()
        ),
    );
    let mut typed = Typed::new(&environment);
    typed.types("y\n");
    process_in(&began);
    typed.types("\x1a");
    environment.write("go-on", "");
    let (status, output) = typed.ended();
    assert_eq!(status, Some(0), "{output}");
    assert!(output.contains("fixed: a.service is active."), "{output}");
}

/// The process whose ID a command has written to a file.
fn process_in(file: &Path) -> String {
    wait_for("the command begins", || {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        Some(text.strip_suffix('\n')?.to_owned())
    })
}

fn is_gone(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.is_empty() || stat.contains(") Z ")
}
