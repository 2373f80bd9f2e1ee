//! Interprets attempts at checks: outcomes and typed facts. Pure.
//!
//! The engine uses it during a run, to know whether the checks that another one needs have passed; `judge`
//! uses it on a recording.

mod affected;
mod extract;
mod outcome;

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

pub use affected::Affected;
use extract::Allowance;

use crate::evidence::check_key::CheckKey;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::recording::{Attempt, FailureSource, OwnChange, Recording};
use crate::evidence::script::ScriptFinding;
use crate::evidence::time::Interval;
use crate::expression::{Binding, Condition, NoFact, Reason, Scope, Unknown};
use crate::judge::history;
use crate::runbook::dependencies::Dependencies;
use crate::runbook::scope_names::HISTORY;
use crate::runbook::{Check, HistoryInputs, Observed, Runbook};

/// The outcome of a check, in the order of attention it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Its condition does not hold. That is data, not an error.
    Failed,
    /// It could not run, did not end, or its condition could not be evaluated.
    Errored,
    /// Its condition holds.
    Passed,
    /// It did not run.
    Skipped,
}

impl Outcome {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Skipped => "skipped",
        }
    }
}

/// The severity of a check's result for monitoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Its `warn` holds.
    Warning,
    /// Its `crit` holds.
    Critical,
}

impl Severity {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// The result of one attempt at a check.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckResult {
    /// The check and the item.
    pub key: CheckKey,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether it was skipped because its `for_each` is an empty list.
    pub no_items: bool,
    /// The reason for the outcome.
    pub reason: String,
    /// What was observed, in a few words: `show` of the runbook, otherwise the reason.
    pub observed: String,
    /// The facts; for a check with `each`, lists.
    pub facts: Facts,
    /// The facts of each record, for a check with `each` or of host tasks.
    pub records: Vec<Facts>,
    /// Its events on the timeline.
    pub events: Vec<Event>,
    /// The severity, if a limit is exceeded.
    pub severity: Option<Severity>,
    /// The things that exceed the limit, if the check lists several.
    pub affected: Vec<Affected>,
    /// The number for monitoring, with its unit.
    pub metric: Option<MetricValue>,
}

/// A metric for monitoring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricValue {
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// An event on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened, as precisely as it is known.
    pub at: Interval,
    /// What happened.
    pub what: String,
    /// The source.
    pub source: EventSource,
    /// Whether it is one of those that decide the verdict.
    pub decisive: bool,
}

/// The source of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSource {
    /// The check of this id.
    Check(String),
    /// `--failed-at`.
    FailedAt,
    /// The provisioning log.
    Log,
    /// The trace of the provisioning command.
    Trace,
    /// A change that this run of lxcdiag made.
    Lxcdiag,
    /// A change that an earlier run of lxcdiag made.
    EarlierRun,
    /// The runbook, which derives it from the facts of several checks.
    Derived,
}

impl EventSource {
    /// Whether lxcdiag itself caused the event.
    pub const fn is_lxcdiag(&self) -> bool {
        matches!(self, Self::Lxcdiag | Self::EarlierRun)
    }
}

impl fmt::Display for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Check(id) => id,
            Self::FailedAt => "--failed-at",
            Self::Log => "--log",
            Self::Trace => "--trace",
            Self::Lxcdiag | Self::EarlierRun => "lxcdiag",
            Self::Derived => "judged",
        })
    }
}

impl Serialize for EventSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The results of the checks so far, and the values that expressions can read.
pub struct CheckResults {
    dependencies: Dependencies,
    scope: Scope,
    history: Option<(HistoryInputs, history::Before)>,
    allowance: Allowance,
    /// The result of each attempt, in the order of the run.
    pub checks: Vec<CheckResult>,
}

impl CheckResults {
    /// Before the first attempt: the vars, the target, the failure, and what earlier runs changed.
    pub fn new(runbook: &Runbook, recording: &Recording) -> Self {
        let mut scope = Scope::default();
        bind_head(&mut scope, runbook, recording);
        for check in &runbook.checks {
            let reason = Reason::Check {
                check: check.id.clone(),
                state: NoFact::NotRun,
            };
            scope.bind(&check.id, Binding::Group(Facts::new(), reason));
        }
        for (name, source) in &runbook.lets {
            scope.bind(name, Binding::Derived(source.as_str().into()));
        }
        let history = runbook.history.clone();
        let mut results = Self {
            dependencies: Dependencies::new(runbook),
            scope,
            history: history.map(|inputs| (inputs, history::Before::of(recording))),
            allowance: Allowance::WHOLE,
            checks: Vec::new(),
        };
        results.bind_history();
        results
    }

    /// The results of all attempts in a recording.
    pub fn of_recording(runbook: &Runbook, recording: &Recording) -> Self {
        let mut results = Self::new(runbook, recording);
        for check in runbook.in_order() {
            let attempts: Vec<_> = recording
                .attempts
                .iter()
                .filter(|attempt| attempt.check == check.id)
                .collect();
            results.add(check, &attempts);
        }
        results
    }

    /// The values that expressions can read.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The checks that the runbook's expressions depend on.
    pub const fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// Adds the attempts at a check: one, or one for each item.
    pub fn add(&mut self, check: &Check, attempts: &[&Attempt]) {
        let results: Vec<_> = attempts
            .iter()
            .map(|attempt| outcome::interpret(&self.scope, check, attempt, &mut self.allowance))
            .collect();
        let binding = outcome::binding(check, attempts, &results);
        self.scope.bind(&check.id, binding);
        self.checks.extend(results);
        self.renew_lets(check);
        if self.dependencies.of_let(HISTORY).any(|id| id == check.id) {
            self.bind_history();
            self.renew_lets(check);
        }
    }

    fn renew_lets(&mut self, check: &Check) {
        for name in self.dependencies.lets_on(&check.id) {
            self.scope.renew(name);
        }
    }

    fn bind_history(&mut self) {
        if let Some((inputs, before)) = &self.history {
            let observations = history::observe(before, inputs, self);
            let facts = observations
                .history()
                .into_iter()
                .map(|(name, fact)| (name, fact.map_err(Reason::History)));
            self.scope.bind(HISTORY, Binding::Known(facts.collect()));
        }
    }

    /// Why there is nothing to diagnose, if the runbook says that it certainly does not apply.
    pub fn not_applicable(&self, runbook: &Runbook) -> Option<String> {
        let applies = runbook.applies.as_ref()?;
        let is_known = self.scope.judge(&applies.condition) == Ok(false);
        is_known.then(|| self.scope.describe(&applies.says))
    }

    /// Whether the current state of something was its state at the failure. Without a known failure, the current
    /// state is the one that counts.
    pub fn is_state_at_failure(&self, observed: Observed) -> Result<bool, Unknown> {
        let known = match observed {
            Observed::File => "history.current",
            Observed::Container => {
                "failed_at is not defined or unknown('the state of the container at the failure')"
            }
        };
        self.scope.judge(&Condition::Leaf(known.to_owned()))
    }

    /// Whether every attempt at a check has passed.
    pub fn passed(&self, check: &str) -> bool {
        self.scope.is_true(check, "passed")
    }
}

fn bind_head(scope: &mut Scope, runbook: &Runbook, recording: &Recording) {
    for (name, var) in &runbook.vars {
        let fact = recording
            .vars
            .get(name)
            .and_then(|value| Fact::parse(value, var.kind));
        let binding = fact.map_or_else(
            || Binding::Absent(Reason::NotSet(name.clone())),
            Binding::Present,
        );
        scope.bind(name, binding);
    }
    let present = |fact| Binding::Present(fact);
    scope.bind(
        "ct",
        present(Fact::Int(u32::from(recording.target.ct).into())),
    );
    scope.bind("node", present(Fact::Text(recording.target.node.clone())));
    scope.bind("read_only", present(Fact::Bool(recording.read_only)));
    scope.bind("started_at", present(Fact::Time(recording.began())));
    bind_failure(scope, recording);
    let defaulted = |name: &&String| !recording.defaulted.contains(name);
    let given = recording.vars.keys().filter(defaulted);
    let given = given.map(|name| Fact::Text(name.clone())).collect();
    scope.bind("given", present(Fact::List(given)));
    let changes = recording
        .earlier_changes
        .iter()
        .map(change_record)
        .collect();
    scope.bind("own_changes", present(Fact::List(changes)));
    let findings = recording.script_findings().unwrap_or_default();
    let findings = findings.into_iter().map(script_record).collect();
    scope.bind("script_findings", present(Fact::List(findings)));
}

/// The time of the failure, and its message in the log.
fn bind_failure(scope: &mut Scope, recording: &Recording) {
    let (command, push) = (recording.failed_command(), recording.failed_push());
    let no_time = || Reason::NoFailureTime(command.as_ref().err().copied());
    let time = recording.failure_time().ok_or_else(no_time);
    let text = |text: &str| Fact::Text(text.to_owned());
    let error = command.map(|it| text(&it.failure.text));
    let kind = command.map(|it| text(it.failure.kind.name()));
    let push = push.map(|it| text(&it.failure.text));
    let zone_assumed = match recording.failure_source() {
        Some(source @ FailureSource::Log { .. }) => Ok(Fact::Bool(source.zone_is_assumed())),
        Some(FailureSource::Stated) | None => Err(no_time()),
    };
    for (name, fact) in [
        ("failed_at", time.map(Fact::Time)),
        ("log_error", error.map_err(Reason::NoFailure)),
        ("log_kind", kind.map_err(Reason::NoFailure)),
        ("log_push_error", push.map_err(Reason::NoFailure)),
        ("log_zone_assumed", zone_assumed),
    ] {
        scope.bind(name, fact.map_or_else(Binding::Absent, Binding::Present));
    }
}

fn change_record(change: &OwnChange) -> Fact {
    Fact::Record(Facts::from([
        ("argv".to_owned(), Fact::Text(change.argv.join(" "))),
        ("at".to_owned(), Fact::Time(change.during)),
        ("begin".to_owned(), Fact::Time(change.begin())),
        ("end".to_owned(), Fact::Time(change.end())),
        ("repair".to_owned(), Fact::Bool(change.repair.is_some())),
    ]))
}

fn script_record(finding: &ScriptFinding) -> Fact {
    let text = |text: &str| Fact::Text(text.to_owned());
    Fact::Record(Facts::from([
        ("rule".to_owned(), text(&finding.rule)),
        ("severity".to_owned(), text(finding.severity.name())),
        ("at".to_owned(), text(&finding.place.to_string())),
        ("message".to_owned(), text(&finding.message)),
    ]))
}

#[cfg(test)]
mod tests;
