//! `fix` runs a remedy, after a yes, and diagnoses the container again.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};

use rustix::fs::{FlockOperation, flock};

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
    let changes = place("This changes: starts a.service");
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
        let process = wait_for("the command begins", || {
            let text = std::fs::read_to_string(&began).unwrap_or_default();
            Some(text.strip_suffix('\n')?.to_owned())
        });
        typed.types(key);
        typed.ended();
        wait_until("the command is gone", || {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        });
    }
}
