//! The report model: the JSON contract's shape, filled from a recording and its diagnosis.

use std::collections::BTreeMap;

use serde::Serialize;

use super::SCHEMA;
use crate::evidence::check_key::CheckKey;
use crate::evidence::recording::{Attempt, Ending, Recording, Target};
use crate::evidence::time::{Interval, rfc3339, seconds};
use crate::judge::findings::{Affected, CheckResult, Event, EventSource, Outcome, Severity};
use crate::judge::{Diagnosis, Judged, Level, Verdict, VerdictKind, Weighed};
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
    /// The name of the demonstration that was played back, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub demonstration: Option<String>,
    /// Which runbook judged.
    pub runbook: RunbookLine,
    /// What was looked at.
    pub target: Target,
    /// When collecting began and ended.
    pub started_at: String,
    /// Likewise.
    pub finished_at: String,
    /// The same as a length of time in seconds.
    #[serde(skip)]
    pub took: f64,
    /// Why collecting ended before its end, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<String>,
    /// Nothing was to be changed.
    pub read_only: bool,
    /// When provisioning failed, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<String>,
    /// Every var that had a value.
    pub vars: BTreeMap<String, String>,
    /// Their names, in the runbook's order: what matters most comes first there.
    #[serde(skip)]
    pub var_order: Vec<String>,
    /// The vars that nobody set.
    pub defaulted: Vec<String>,
    /// The commands that changed the container.
    pub changed: Vec<String>,
    /// The checks, in the order they were run.
    pub checks: Vec<CheckRow>,
    /// What happened, earliest first.
    pub timeline: Vec<Moment>,
    /// The hypotheses, in the runbook's order.
    pub hypotheses: Vec<HypothesisRow>,
    /// The overall verdict.
    pub verdict: VerdictRow,
    /// What was removed before the report left; `null` where nothing was to be removed.
    pub redacted: Option<Vec<Redaction>>,
}

/// Secrets of one class that were removed from one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redaction {
    /// The class, as in `[redacted:class:1]`.
    pub class: String,
    /// The field of the report, as `checks[unit_file].stdout`.
    pub place: String,
    /// How many times.
    pub count: u64,
}

/// Which runbook judged.
#[derive(Debug, Clone, Serialize)]
pub struct RunbookLine {
    /// Its name.
    pub id: String,
    /// The question it answers.
    pub title: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
}

/// One attempt at a check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    /// Which check, and which of its items.
    #[serde(rename = "id")]
    pub key: CheckKey,
    /// What it looks at.
    pub title: String,
    /// The plan's numbering.
    pub step: Option<String>,
    /// How it came out.
    pub outcome: Outcome,
    /// Whether it was skipped because its `for_each` lists nothing.
    #[serde(skip)]
    pub no_items: bool,
    /// Why.
    pub reason: String,
    /// What was observed.
    pub observed: String,
    /// What it says of a race.
    pub race: Bearing,
    /// The command in the container; empty for a look at the host.
    pub argv: Vec<String>,
    /// When it began.
    pub started_at: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<f64>,
    /// The exit status.
    pub exit: Option<i32>,
    /// The signal that ended it, by the shells' convention of statuses above 128.
    pub signal: Option<i32>,
    /// Whether its time was up.
    pub timed_out: bool,
    /// Whether it was not run because the container's shell had been lost before.
    #[serde(skip)]
    pub session_lost: bool,
    /// Its standard output, invalid UTF-8 replaced, the middle dropped when long.
    pub stdout: String,
    /// Its standard error, likewise.
    pub stderr: String,
    /// How many bytes it wrote to standard output.
    pub stdout_bytes: u64,
    /// How many bytes it wrote to standard error.
    pub stderr_bytes: u64,
    /// The facts taken.
    pub facts: serde_json::Value,
    /// Whether a limit is exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The things for which it is, where the check lists several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    /// The number for monitoring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricValue>,
}

/// A number for monitoring.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MetricValue {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// What a check says of the strongest race hypothesis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bearing {
    /// Nothing.
    Nothing,
    /// It supports it.
    For,
    /// It weakens it.
    Against,
    /// It settles it.
    DecisiveFor,
    /// It excludes it.
    DecisiveAgainst,
}

impl Bearing {
    /// The bearing in the table's words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::For => "for",
            Self::Against => "against",
            Self::DecisiveFor => "decisive, for",
            Self::DecisiveAgainst => "decisive, against",
        }
    }
}

/// A point on the time line.
#[derive(Debug, Clone, Serialize)]
pub struct Moment {
    /// When, at the earliest.
    pub at: String,
    /// When, at the latest, where that is later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What happened.
    pub what: String,
    /// Where that is known from.
    pub source: EventSource,
    /// Whether it is one of the moments that decide.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub decisive: bool,
    /// The same as `at` and `until`, to compute with.
    #[serde(skip)]
    pub interval: Interval,
}

/// A hypothesis.
#[derive(Debug, Clone, Serialize)]
pub struct HypothesisRow {
    /// Its name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What would have happened.
    pub about: String,
    /// Whether it is a race.
    pub race: bool,
    /// How far it is believed.
    pub verdict: Level,
    /// Something that holds settles it, and something else that holds excludes it.
    pub conflicting: bool,
    /// What was weighed.
    pub evidence: Vec<EvidenceRow>,
    /// What could not be had.
    pub missing: Vec<String>,
    /// What would overturn the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overturned_by: Option<String>,
    /// What to do if it is so.
    pub remedy: String,
}

impl HypothesisRow {
    /// The evidence of these effects that holds, in words.
    pub(super) fn holding(&self, effects: &[Effect]) -> impl Iterator<Item = &str> {
        self.evidence
            .iter()
            .filter(|evidence| evidence.holds == Some(true) && effects.contains(&evidence.effect))
            .map(|evidence| evidence.says.as_str())
    }

    /// Whether it is unlikely only because nothing holds: a dozen of them are one line.
    pub(super) fn is_idle(&self) -> bool {
        self.verdict == Level::Unlikely && self.holding(&[Effect::Weakens]).next().is_none()
    }

    /// What its level rests on, in words.
    pub(super) fn grounds(&self) -> impl Iterator<Item = &str> {
        let effects: &[Effect] = match self.verdict {
            Level::Confirmed => &[Effect::Confirms],
            Level::Likely => &[Effect::Supports],
            Level::Unknown => &[],
            Level::Unlikely => &[Effect::Weakens],
            Level::RuledOut => &[Effect::RulesOut],
        };
        self.holding(effects)
    }
}

/// One piece of evidence.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceRow {
    /// What it does where it holds.
    pub effect: Effect,
    /// Whether it holds; `null` where that is not known.
    pub holds: Option<bool>,
    /// It in words.
    pub says: String,
    /// What was missing, where it is not known.
    pub missing: Vec<String>,
}

/// The overall verdict.
#[derive(Debug, Clone, Serialize)]
pub struct VerdictRow {
    /// Which hypothesis it is, or what else.
    #[serde(flatten)]
    pub kind: VerdictKind,
    /// How far the strongest race is believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<Level>,
    /// The worst limit that a check exceeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// It in a sentence or two.
    pub summary: String,
    /// What to do.
    pub remedy: String,
}

impl Report {
    /// The report on a recording, as diagnosed by a runbook with this SHA-256.
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
            vars: recording.vars.clone(),
            var_order: runbook.vars.keys().cloned().collect(),
            defaulted: recording.defaulted.clone(),
            changed: recording
                .changes()
                .iter()
                .map(|change| crate::shell_quote::command_line(&change.argv))
                .collect(),
            checks: check_rows(runbook, recording, &diagnosis.results, leading),
            timeline: diagnosis.timeline.iter().map(moment).collect(),
            hypotheses: diagnosis.hypotheses.iter().map(hypothesis_row).collect(),
            verdict: verdict_row(&diagnosis.verdict),
            redacted: None,
        }
    }
}

/// The race hypothesis whose level is the verdict on races.
fn leading_race(diagnosis: &Diagnosis) -> Option<&Judged> {
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
    leading: Option<&Judged>,
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
            no_items: result.no_items,
            reason: result.reason.clone(),
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
            metric: result
                .metric
                .clone()
                .map(|(value, unit)| MetricValue { value, unit }),
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

/// The strongest thing the check's evidence says.
fn bearing(check: &Check, race: &Judged) -> Bearing {
    let holding = |effect| {
        race.evidence.iter().any(|weighed: &Weighed| {
            weighed.holds == Some(true)
                && weighed.effect == effect
                && weighed.checks.contains(&check.id)
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

fn moment(event: &Event) -> Moment {
    let Interval { start, end } = event.at;
    Moment {
        at: rfc3339(start),
        until: (end > start).then(|| rfc3339(end)),
        what: event.what.clone(),
        source: event.source.clone(),
        decisive: event.decisive,
        interval: event.at,
    }
}

fn hypothesis_row(judged: &Judged) -> HypothesisRow {
    HypothesisRow {
        id: judged.id.clone(),
        title: judged.title.clone(),
        about: judged.about.clone(),
        race: judged.race,
        verdict: judged.level,
        conflicting: judged.conflicting,
        evidence: judged
            .evidence
            .iter()
            .map(|weighed| EvidenceRow {
                effect: weighed.effect,
                holds: weighed.holds,
                says: weighed.says.clone(),
                missing: weighed.missing.clone(),
            })
            .collect(),
        missing: judged.missing().into_iter().map(str::to_owned).collect(),
        overturned_by: judged.overturned_by.clone(),
        remedy: judged.remedy.clone(),
    }
}

fn verdict_row(verdict: &Verdict) -> VerdictRow {
    VerdictRow {
        kind: verdict.kind.clone(),
        race: verdict.race,
        severity: verdict.severity,
        summary: verdict.summary.clone(),
        remedy: verdict.remedy.clone(),
    }
}
