//! The built binary, started as a user starts it, and its result.

#[path = "../harness/schema.rs"]
mod schema;

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::lab::{self, Container};

/// Longer than any run takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(600);

pub const JSON: [&str; 2] = ["--format", "json"];

impl Container {
    /// `lxcdiag run RUNBOOK --ct ID` on the lab's host, with an environment of its own.
    pub fn lxcdiag(&self, runbook: &str) -> Command {
        let mut command = bare();
        if self.has_cgroup2() {
            command = in_environment(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/cgroup2"));
            command.arg(binary());
        }
        command
            .args(["run", runbook, "--ct"])
            .arg(self.id.to_string())
            .arg("--pct")
            .arg(lab::pct())
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("XDG_STATE_HOME", self.directory.path());
        command
    }

    /// Runs the race-condition runbook to its end, with the checks that change the container unless the options say
    /// `--read-only`.
    pub fn diagnose(&self, options: &[&str]) -> Ended {
        let mut command = self.lxcdiag("race-condition");
        if !options.contains(&"--read-only") {
            command.arg("--allow-changes");
        }
        run(command.args(JSON).args(options))
    }

    /// Writes a runbook with these checks.
    pub fn runbook(&self, checks: &str) -> String {
        let path = self.directory.path().join("small.yaml");
        let text = format!("runbook: small\ntitle: Small\nchecks:\n{checks}\nhypotheses: []\n");
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs a runbook with these checks to its end.
    pub fn check(&self, checks: &str) -> Ended {
        let mut command = self.lxcdiag(&self.runbook(checks));
        run(command.arg("--allow-changes").args(JSON))
    }
}

/// `lxcdiag` without arguments, in an environment of its own.
pub fn bare() -> Command {
    in_environment(binary())
}

fn in_environment(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("COLUMNS", "120");
    command
}

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_lxcdiag"))
}

/// A check of a small runbook: a script that must exit 0.
///
/// It goes through `eval`, so that scripts that leave traces need no `changes: true`: that would
/// change their order.
pub fn check(id: &str, timeout: &str, script: &str) -> String {
    let script = serde_json::to_string(script).unwrap();
    format!(
        "  - {{ id: {id}, title: {id}, timeout: {timeout}, run: [sh, -c, 'eval \"$1\"', sh, {script}], pass: exit == 0 }}\n"
    )
}

/// A started lxcdiag.
pub struct Running {
    pub child: Child,
    begun: Instant,
    stdout: File,
    stderr: File,
}

pub fn start(command: &mut Command) -> Running {
    let stdout = tempfile::tempfile().unwrap();
    let stderr = tempfile::tempfile().unwrap();
    let child = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Running {
        child,
        begun: Instant::now(),
        stdout,
        stderr,
    }
}

pub fn run(command: &mut Command) -> Ended {
    start(command).ended()
}

impl Running {
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    #[track_caller]
    pub fn ended(mut self) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.begun.elapsed() > LIMIT {
                self.child.kill().unwrap();
                let stderr = lab::whole(&mut self.stderr);
                panic!(
                    "lxcdiag has not ended within {LIMIT:?}; stderr: {}",
                    String::from_utf8_lossy(&stderr)
                );
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let stdout = String::from_utf8(lab::whole(&mut self.stdout)).unwrap();
        schema::assert_valid(&stdout);
        Ended {
            status: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap()),
            taken: self.begun.elapsed(),
            stdout,
            stderr: String::from_utf8(lab::whole(&mut self.stderr)).unwrap(),
        }
    }
}

/// An lxcdiag that has ended.
#[derive(Debug)]
pub struct Ended {
    /// As a shell reports it: above 128 after a signal.
    pub status: i32,
    pub taken: Duration,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    #[track_caller]
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!(
                "the report is not JSON: {error}\n{}\n{}",
                self.stdout, self.stderr
            )
        })
    }

    #[track_caller]
    pub fn verdict(&self) -> Verdict {
        let report = self.report();
        let text = |name: &str| report["verdict"][name].as_str().map(str::to_owned);
        Verdict {
            id: text("id").unwrap(),
            level: text("level"),
            race: text("race"),
            summary: text("summary").unwrap(),
        }
    }

    /// A check's row of the report.
    #[track_caller]
    pub fn row(&self, id: &str) -> Value {
        let report = self.report();
        let rows = report["checks"].as_array().unwrap();
        rows.iter()
            .find(|row| row["id"] == id)
            .unwrap_or_else(|| panic!("no check {id} in {report:#}"))
            .clone()
    }

    #[track_caller]
    pub fn outcome(&self, id: &str) -> String {
        self.row(id)["outcome"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn reason(&self, id: &str) -> String {
        self.row(id)["reason"].as_str().unwrap().to_owned()
    }

    /// Asserts that a check passed, with this output.
    #[track_caller]
    pub fn assert_printed(&self, id: &str, stdout: &str) {
        let row = self.row(id);
        assert_eq!(row["outcome"], "passed", "{row:#}");
        assert_eq!(row["stdout"], stdout, "{row:#}");
    }
}

/// What a test compares of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub id: String,
    pub level: Option<String>,
    pub race: Option<String>,
    pub summary: String,
}

impl Verdict {
    /// `race-condition confirmed, race confirmed`
    pub fn in_short(&self) -> String {
        let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        format!(
            "{} {}, race {}",
            self.id,
            or_none(&self.level),
            or_none(&self.race)
        )
    }
}
