//! The report model: the JSON contract's shape, filled from a recording and its diagnosis.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SCHEMA;
use super::settled::Settled;
use crate::evidence::check_key::CheckKey;
use crate::evidence::recording::{Attempt, Ending, FailureSource, Recording, Target};
use crate::evidence::script::{ScriptFinding, Severity as FindingSeverity};
use crate::evidence::time::{Interval, rfc3339, seconds};
use crate::judge::results::{
    Affected, CheckResult, Event, EventSource, MetricValue, Outcome, Severity,
};
use crate::judge::{Diagnosis, EvidenceResult, HypothesisResult, Verdict, VerdictKind, symptoms};
use crate::runbook::{Check, Effect, Runbook};

/// A report. Times are RFC 3339 in UTC with microseconds; durations say their unit.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The version of lxcdiag that collected.
    pub lxcdiag: String,
    /// The command line that collected.
    pub command_line: Vec<String>,
    /// The name of the demonstration that was played back, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demonstration: Option<String>,
    /// The runbook that was evaluated.
    pub runbook: RunbookLine,
    /// The container and its host.
    pub target: Target,
    /// When the run started.
    pub started_at: String,
    /// When the run finished.
    pub finished_at: String,
    /// The duration of the run in seconds.
    #[serde(skip)]
    pub took: f64,
    /// Why the run ended early, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// Whether checks that change the container were skipped.
    pub read_only: bool,
    /// When provisioning failed, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
    /// Where that comes from: `--failed-at`, or the file and the line of the provisioning log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at_source: Option<String>,
    /// Whether it is in a time zone that lxcdiag assumed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub log_zone_assumed: bool,
    /// The value of every var that has one.
    pub vars: BTreeMap<String, String>,
    /// The names of the vars, in the runbook's order: the most important ones come first there.
    #[serde(skip)]
    pub var_order: Vec<String>,
    /// Patterns of the code in the runbook's sentences.
    #[serde(skip)]
    pub code: Vec<String>,
    /// The vars that have their default value.
    pub defaulted: Vec<String>,
    /// The commands that changed the container.
    pub changed: Vec<String>,
    /// The `lxcdiag fix` that offers the commands, for a report that is printed where it can be run.
    #[serde(skip)]
    pub fix_command: Option<String>,
    /// The command that looks for whatever is wrong in the container.
    #[serde(skip)]
    pub overview_command: Option<String>,
    /// The command that prints the whole report later, when the container may have been repaired.
    #[serde(skip)]
    pub whole_command: Option<String>,
    /// The checks, in the order they were run.
    pub checks: Vec<CheckRow>,
    /// What happened, earliest first.
    pub timeline: Vec<EventRow>,
    /// What the audit found in the provisioning script, if one was given, the worst first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<Vec<ScriptRow>>,
    /// The hypotheses, in the runbook's order.
    pub hypotheses: Vec<HypothesisResult>,
    /// The hypotheses that the verdict explains.
    #[serde(skip)]
    pub explained: Vec<String>,
    /// The overall verdict.
    pub verdict: Verdict,
    /// What else was found, if several runbooks were run.
    #[serde(flatten)]
    pub settled: Option<Settled>,
    /// The secrets that were removed; `null` with `--no-redact`.
    pub redacted: Option<Vec<Redaction>>,
}

/// Secrets of one class that were removed from one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redaction {
    /// The class, as in `[redacted:class:1]`.
    pub class: String,
    /// The field of the report, as `checks[unit_file].stdout`.
    pub place: String,
    /// The number of occurrences.
    pub count: u64,
}

/// The runbook that was evaluated.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookLine {
    /// Its id.
    pub id: String,
    /// The question it answers.
    pub title: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// One attempt at a check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    /// The check and its item.
    #[serde(rename = "id")]
    pub key: CheckKey,
    /// What it checks.
    pub title: String,
    /// The number of the step in the runbook's plan.
    pub step: Option<String>,
    /// Its outcome.
    pub outcome: Outcome,
    /// Whether it has a condition. Without one, it only collects facts.
    #[serde(skip)]
    pub has_condition: bool,
    /// Whether it was skipped because its `for_each` lists nothing.
    #[serde(skip)]
    pub no_items: bool,
    /// The reason for the outcome.
    pub reason: String,
    /// Whether it changes the container.
    #[serde(skip)]
    pub changes: bool,
    /// What was observed.
    pub observed: String,
    /// Its evidence on the leading race hypothesis.
    pub race: Bearing,
    /// The command in the container; empty for a probe of the host.
    pub argv: Vec<String>,
    /// When it started.
    pub started_at: Option<String>,
    /// Its duration in milliseconds.
    pub duration_ms: Option<f64>,
    /// The exit status.
    pub exit: Option<i32>,
    /// The signal that ended it, by the shells' convention of statuses above 128.
    pub signal: Option<i32>,
    /// Whether it timed out.
    pub timed_out: bool,
    /// Whether it was not run because the container's shell had been lost before.
    #[serde(skip)]
    pub session_lost: bool,
    /// Its standard output: invalid UTF-8 is replaced, and the middle of a long output is missing.
    pub stdout: String,
    /// Its standard error, likewise.
    pub stderr: String,
    /// How many bytes it wrote to standard output.
    pub stdout_bytes: u64,
    /// How many bytes it wrote to standard error.
    pub stderr_bytes: u64,
    /// The facts taken from it.
    pub facts: serde_json::Value,
    /// The severity of the limit that is exceeded, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The things for which it is, where the check lists several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// The metric for monitoring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricValue>,
}

/// What a check contributes to the leading race hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearing {
    /// Nothing.
    Nothing,
    /// It supports it.
    For,
    /// It weakens it.
    Against,
    /// It confirms it.
    DecisiveFor,
    /// It rules it out.
    DecisiveAgainst,
}

impl Bearing {
    /// The bearing as the tables show it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::For => "supports",
            Self::Against => "contradicts",
            Self::DecisiveFor => "confirms",
            Self::DecisiveAgainst => "rules out",
        }
    }
}

/// An event of the timeline.
#[derive(Debug, Clone, Serialize)]
pub struct EventRow {
    /// When, or the earliest time it can have been.
    pub at: String,
    /// The latest time it can have been, if its time is not exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What happened.
    pub what: String,
    /// The source of the event.
    pub source: EventSource,
    /// Whether the verdict depends on its time.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub decisive: bool,
    /// `at` and `until` as an interval.
    #[serde(skip)]
    pub interval: Interval,
}

/// A finding in the provisioning script.
#[derive(Debug, Clone, Serialize)]
pub struct ScriptRow {
    /// The rule of the audit.
    pub rule: String,
    /// How bad it is.
    pub severity: FindingSeverity,
    /// The file and the line.
    pub at: String,
    /// What happens, and why.
    pub message: String,
}

impl Report {
    /// The report on the diagnosis of a recording by a runbook with this SHA-256.
    pub fn new(
        runbook: &Runbook,
        sha256: &str,
        recording: &Recording,
        diagnosis: &Diagnosis,
    ) -> Self {
        let leading = leading_race(diagnosis);
        Self {
            schema: SCHEMA,
            lxcdiag: recording.lxcdiag.clone(),
            command_line: recording.command_line.clone(),
            demonstration: recording.demonstration.clone(),
            runbook: RunbookLine {
                id: runbook.id.clone(),
                title: runbook.title.clone(),
                sha256: sha256.to_owned(),
            },
            target: recording.target.clone(),
            started_at: rfc3339(recording.started_at),
            finished_at: rfc3339(recording.finished_at),
            took: seconds(recording.finished_at.saturating_sub(recording.started_at)),
            cut_short: recording.cut_short.clone(),
            read_only: recording.read_only,
            failed_at: recording.failure_time().map(|time| time.to_string()),
            failed_at_source: recording.failure_source().map(|source| source.to_string()),
            log_zone_assumed: recording
                .failure_source()
                .is_some_and(FailureSource::zone_is_assumed),
            vars: recording.vars.clone(),
            var_order: runbook.vars.keys().cloned().collect(),
            code: super::code::patterns(runbook),
            defaulted: recording.defaulted.clone(),
            changed: recording
                .changes()
                .iter()
                .map(|change| crate::shell_quote::command_line(&change.argv))
                .collect(),
            fix_command: None,
            overview_command: None,
            whole_command: None,
            checks: check_rows(runbook, recording, &diagnosis.results, leading),
            timeline: diagnosis.timeline.iter().map(event_row).collect(),
            script: recording
                .script_findings()
                .map(|findings| findings.into_iter().map(script_row).collect()),
            hypotheses: diagnosis.hypotheses.clone(),
            explained: explained(runbook, diagnosis.verdict.kind.id()),
            verdict: diagnosis.verdict.clone(),
            settled: None,
            redacted: None,
        }
    }
}

impl Report {
    /// Makes one of its hypotheses the verdict.
    pub(crate) fn settle_on(&mut self, runbook: &Runbook, hypothesis: &str) {
        let Some(row) = self.hypotheses.iter().find(|row| row.id == hypothesis) else {
            return;
        };
        self.verdict = Verdict {
            kind: VerdictKind::Hypothesis {
                id: row.id.clone(),
                level: row.level,
            },
            race: self.verdict.race,
            severity: self.verdict.severity,
            summary: row.summary(),
            remedy: row.remedy.clone(),
            remedies: row.remedies.clone(),
        };
        self.explained = explained(runbook, hypothesis);
    }
}

fn explained(runbook: &Runbook, hypothesis: &str) -> Vec<String> {
    let symptoms = symptoms(runbook, hypothesis).into_iter();
    symptoms.map(str::to_owned).collect()
}

/// The leading race hypothesis: the first whose level is the verdict on races.
fn leading_race(diagnosis: &Diagnosis) -> Option<&HypothesisResult> {
    let level = diagnosis.verdict.race?;
    diagnosis
        .hypotheses
        .iter()
        .find(|hypothesis| hypothesis.race && hypothesis.level == level)
}

fn check_rows(
    runbook: &Runbook,
    recording: &Recording,
    results: &[CheckResult],
    leading: Option<&HypothesisResult>,
) -> Vec<CheckRow> {
    let checks = runbook.in_order();
    let attempts = checks.iter().flat_map(|check| {
        let of_check = |attempt: &&Attempt| attempt.check == check.id;
        recording
            .attempts
            .iter()
            .filter(of_check)
            .map(move |attempt| (*check, attempt))
    });
    attempts
        .zip(results)
        .map(|((check, attempt), result)| CheckRow {
            key: result.key.clone(),
            title: check.title.clone(),
            step: check.step.clone(),
            outcome: result.outcome,
            has_condition: check.pass.is_some() || check.warn.is_some() || check.crit.is_some(),
            no_items: result.no_items,
            reason: result.reason.clone(),
            changes: attempt.changes,
            observed: result.observed.clone(),
            race: leading.map_or(Bearing::Nothing, |race| bearing(check, race)),
            argv: attempt.argv.clone(),
            started_at: attempt.started_at.map(rfc3339),
            duration_ms: attempt.duration.map(|nanos| nanos as f64 / 1e6),
            exit: match attempt.ending {
                Ending::Exited(status) => Some(status),
                _ => None,
            },
            signal: attempt.ending.signal(),
            timed_out: attempt.ending == Ending::TimedOut,
            session_lost: attempt.session_lost,
            stdout: attempt.stdout.text(),
            stderr: attempt.stderr.text(),
            stdout_bytes: attempt.stdout.total_bytes(),
            stderr_bytes: attempt.stderr.total_bytes(),
            facts: facts_json(result),
            severity: result.severity,
            affected: result.affected.clone(),
            metric: result.metric.clone(),
        })
        .collect()
}

fn facts_json(result: &CheckResult) -> serde_json::Value {
    result
        .facts
        .iter()
        .map(|(name, fact)| (name.clone(), fact.to_json()))
        .collect()
}

/// The strongest effect of the evidence that a check contributes to.
fn bearing(check: &Check, race: &HypothesisResult) -> Bearing {
    let holding = |effect| {
        race.evidence.iter().any(|evidence: &EvidenceResult| {
            evidence.holds == Some(true)
                && evidence.effect == effect
                && evidence.checks.contains(&check.id)
        })
    };
    if holding(Effect::RulesOut) {
        Bearing::DecisiveAgainst
    } else if holding(Effect::Confirms) {
        Bearing::DecisiveFor
    } else if holding(Effect::Weakens) {
        Bearing::Against
    } else if holding(Effect::Supports) {
        Bearing::For
    } else {
        Bearing::Nothing
    }
}

fn event_row(event: &Event) -> EventRow {
    let Interval { start, end } = event.at;
    EventRow {
        at: rfc3339(start),
        until: (end > start).then(|| rfc3339(end)),
        what: event.what.clone(),
        source: event.source.clone(),
        decisive: event.decisive,
        interval: event.at,
    }
}

fn script_row(finding: &ScriptFinding) -> ScriptRow {
    ScriptRow {
        rule: finding.rule.clone(),
        severity: finding.severity,
        at: finding.place.to_string(),
        message: finding.message.clone(),
    }
}
