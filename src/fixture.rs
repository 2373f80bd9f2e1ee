//! Handwritten runbooks and recordings for tests of the pure modules.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;
use crate::engine::vars::Values;
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::Facts;
use crate::evidence::recording::{
    Attempt, Ending, Output, OwnChange, RecordedRunbook, Recording, SCHEMA, Target,
};
use crate::evidence::time::{Interval, SECOND};
use crate::judge::results::CheckResults;
use crate::judge::{Diagnosis, judge};
use crate::report::Report;
use crate::runbook::{Check, Runbook, Source, read};

/// The start of every recording here: 2026-01-02T03:04:05Z.
pub(crate) const START: i64 = 1_767_323_045 * SECOND;

/// A time, in seconds after [`START`].
pub(crate) fn at(seconds: f64) -> i64 {
    START + (seconds * 1e9).round() as i64
}

/// The ID of a container.
pub(crate) fn ct(id: u32) -> ContainerId {
    id.try_into().unwrap()
}

/// A runbook that must be valid.
pub(crate) fn runbook(text: &str) -> Runbook {
    let source = Source {
        name: "test.yaml".to_owned(),
        text: text.to_owned(),
        built_in: false,
        parts: Vec::new(),
    };
    read(&source).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

/// A request that a recording is the result of.
pub(crate) fn request(runbook: &Runbook, recorded: &Recording, changes: ChangePolicy) -> Request {
    Request {
        runbook: Arc::new(runbook.clone()),
        recorded: recorded.runbook.clone(),
        values: Values {
            values: recorded.vars.clone(),
            defaulted: recorded.defaulted.clone(),
        },
        command_line: Vec::new(),
        failed_at: None,
        log: None,
        traced_pushes: Vec::new(),
        script: None,
        changes,
        timeout: None,
        demonstration: None,
        keep_secrets: false,
    }
}

/// A builder for a recording.
#[derive(Debug, Clone)]
pub(crate) struct Run<'a> {
    pub(crate) runbook: &'a Runbook,
    pub(crate) recording: Recording,
}

impl<'a> Run<'a> {
    /// Container 958 on node pve1; every var has its default, and no check ran yet.
    pub(crate) fn new(runbook: &'a Runbook) -> Self {
        let vars: BTreeMap<_, _> = runbook
            .vars
            .iter()
            .filter_map(|(name, var)| Some((name.clone(), var.default.clone()?)))
            .collect();
        Self {
            runbook,
            recording: Recording {
                demonstration: None,
                log: None,
                traced_pushes: Vec::new(),
                script: None,
                schema: SCHEMA.to_owned(),
                lxcdiag: "0.1.0".to_owned(),
                command_line: ["lxcdiag", "run", &runbook.id, "--ct", "958"]
                    .map(str::to_owned)
                    .to_vec(),
                runbook: RecordedRunbook {
                    id: runbook.id.clone(),
                    sha256: "0123456789abcdef".repeat(4),
                    text: String::new(),
                    parts: BTreeMap::new(),
                    redacted: false,
                },
                target: Target {
                    ct: ct(958),
                    node: "pve1".to_owned(),
                    via: "pct".to_owned(),
                    os: None,
                    systemd: None,
                    kernel: None,
                    pve: None,
                },
                defaulted: vars.keys().cloned().collect(),
                vars,
                failed_at: None,
                failed_at_given: false,
                read_only: false,
                started_at: START,
                finished_at: at(2.5),
                cut_short: None,
                attempts: Vec::new(),
                repairs: Vec::new(),
                earlier_changes: Vec::new(),
                explored: None,
                stray_bytes: 0,
                clock_uncertainty: 0,
            },
        }
    }

    /// The next attempt, with any ending: it took 4 ms, and began at the next tenth of a second after the
    /// end of the previous one.
    pub(crate) fn ends(mut self, check: &str, ending: Ending, stdout: &str, stderr: &str) -> Self {
        let spec = self.runbook.checks.iter().find(|known| known.id == check);
        let ran = matches!(
            ending,
            Ending::Exited(_) | Ending::TimedOut | Ending::Probed
        );
        let before = self.recording.attempts.iter().filter_map(|attempt| {
            let begin = attempt.started_at?;
            Some(begin + attempt.duration.unwrap_or_default())
        });
        let tenth = SECOND / 10;
        let started_at = (before.max().unwrap_or(START) / tenth + 1) * tenth;
        let attempt = Attempt {
            check: check.to_owned(),
            item: None,
            argv: match spec {
                Some(spec) if ran => self.argv(spec),
                _ => Vec::new(),
            },
            changes: spec.is_some_and(|spec| spec.changes),
            started_at: ran.then_some(started_at),
            duration: ran.then_some(4_000_000),
            ending,
            stdout: output(stdout),
            stderr: output(stderr),
            found: Vec::new(),
            session_lost: false,
        };
        self.recording.attempts.push(attempt);
        self
    }

    /// A check's command if only the vars are known; empty if it needs more.
    fn argv(&self, check: &Check) -> Vec<String> {
        let results = CheckResults::new(self.runbook, &self.recording);
        check.argv(results.scope()).unwrap_or_default()
    }

    /// A command that exited with this status.
    pub(crate) fn exits(self, check: &str, status: i32, stdout: &str, stderr: &str) -> Self {
        self.ends(check, Ending::Exited(status), stdout, stderr)
    }

    /// Commands that exited with 0 and printed nothing.
    pub(crate) fn passes(self, checks: &[&str]) -> Self {
        checks.iter().fold(self, |run, id| run.exits(id, 0, "", ""))
    }

    /// Commands that exited with 1 and printed nothing.
    pub(crate) fn fails(self, checks: &[&str]) -> Self {
        checks.iter().fold(self, |run, id| run.exits(id, 1, "", ""))
    }

    /// A command for one item of a `for_each`.
    pub(crate) fn item(self, check: &str, item: &str, status: i32, stdout: &str) -> Self {
        self.exits(check, status, stdout, "").last(|attempt| {
            attempt.item = Some(item.to_owned());
        })
    }

    /// A check that was skipped.
    pub(crate) fn skipped(self, check: &str, reason: &str) -> Self {
        self.ends(check, Ending::Skipped(reason.to_owned()), "", "")
    }

    /// A check that could not be run.
    pub(crate) fn errored(self, check: &str, reason: &str) -> Self {
        self.ends(check, Ending::Errored(reason.to_owned()), "", "")
    }

    /// A host probe with these facts.
    pub(crate) fn looked(self, check: &str, found: Vec<Facts>) -> Self {
        self.ends(check, Ending::Probed, "", "")
            .last(|attempt| attempt.found = found)
    }

    /// Changes the latest attempt.
    pub(crate) fn last(mut self, change: impl FnOnce(&mut Attempt)) -> Self {
        change(self.recording.attempts.last_mut().expect("an attempt"));
        self
    }

    /// A change that an earlier run made.
    pub(crate) fn changed_before(mut self, argv: &[&str], from: f64, to: f64) -> Self {
        self.recording.earlier_changes.push(OwnChange {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
            during: Interval::new(at(from), at(to)),
            clock_uncertainty: 0,
            repair: None,
        });
        self
    }

    /// The exact time of the failure.
    pub(crate) fn failed_at(mut self, seconds: f64) -> Self {
        self.recording.failed_at = Some(Interval::at(at(seconds)));
        self.recording.failed_at_given = true;
        self
    }

    /// The diagnosis from the recording.
    pub(crate) fn diagnosis(&self) -> Diagnosis {
        judge(self.runbook, &self.recording)
    }

    /// The report on the recording.
    pub(crate) fn report(&self) -> Report {
        let sha256 = &self.recording.runbook.sha256;
        Report::new(self.runbook, sha256, &self.recording, &self.diagnosis())
    }
}

fn output(text: &str) -> Output {
    Output {
        head: text.as_bytes().to_vec(),
        ..Output::default()
    }
}
