//! Every text of a report and of a recording.
//!
//! Every text is redacted unless its field is exempt by name. A struct must name all of its fields, and a type without text
//! must be declared as such, or the code does not compile.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::evidence::check_key::CheckKey;
use crate::evidence::container_id::ContainerId;
use crate::evidence::explored::{Explored, NotLookedAt, OtherRun};
use crate::evidence::fact::Fact;
use crate::evidence::provision_log::{FailureKind, LoggedFailure, Owner, Place};
use crate::evidence::recording::{
    Attempt, Ending, Output, OwnChange, RecordedRunbook, Recording, Target,
};
use crate::evidence::script::{ScriptFinding, Severity as FindingSeverity};
use crate::evidence::time::Interval;
use crate::evidence::trace::{
    Boot, Call, Ending as TraceEnding, Push, Run, SourceKind, Stamp, Trace, TracedPush,
};
use crate::expression::{Missing, NoFact, Reason};
use crate::judge::results::{Affected, EventSource, MetricValue, Outcome, Severity};
use crate::judge::{
    EvidenceResult, HypothesisResult, Level, NextRun, Remedy, Verdict, VerdictKind,
};
use crate::report::model::{Bearing, CheckRow, EventRow, Report, RunbookLine, ScriptRow};
use crate::report::settled::{Cause, LookedAt, Settled, Symptom};
use crate::runbook::{Effect, RemedyKind};

/// Sees every text, and may change it.
pub(super) trait Visitor {
    /// Visits a text. `name` is the key in a map, or the option before a word of a command line.
    fn text(&mut self, name: Option<&str>, text: &mut String);
    /// Visits the output of a command.
    fn output(&mut self, output: &mut Output);
    /// Whether to visit fields of a report that repeat the recording.
    fn visits_repeated(&self) -> bool {
        true
    }
}

/// A value that contains text.
pub(super) trait Texts {
    /// Passes every text to a visitor. `name` is beside the value.
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor);

    /// The text, if this is one: in a list it may be an option whose value comes next.
    fn as_word(&self) -> Option<&str> {
        None
    }
}

/// Fields after `repeated` repeat the recording. Fields after `exempt` are not redacted.
macro_rules! structs {
    ($($type:ident {
        $($field:ident),* $(; repeated $($repeated:ident),*)? $(; exempt $($exempt:ident),*)?
    })*) => {$(
        impl Texts for $type {
            fn visit(&mut self, _: Option<&str>, visitor: &mut dyn Visitor) {
                let Self { $($field,)* $($($repeated,)*)? $($($exempt: _,)*)? } = self;
                $($field.visit(None, visitor);)*
                $(if visitor.visits_repeated() {
                    $($repeated.visit(None, visitor);)*
                })?
            }
        }
    )*};
}

macro_rules! without_text {
    ($($type:ty),* $(,)?) => {$(
        impl Texts for $type {
            fn visit(&mut self, _: Option<&str>, _: &mut dyn Visitor) {}
        }
    )*};
}

// Exempt are ids and names from the runbook, hashes, timestamps and the text of the runbook: what looks like a secret there is
// a pattern, or a command that searches for one.
structs! {
    Recording {
        lxcdiag, command_line, runbook, demonstration, target, vars, failed_at, failed_at_given, log, traced_pushes, script, read_only,
        started_at, finished_at, clock_uncertainty, cut_short, attempts, repairs, earlier_changes, explored, stray_bytes;
        exempt schema, defaulted
    }
    Explored { others, not_run, options; exempt number, origin }
    OtherRun { recording; exempt origin }
    RecordedRunbook { redacted; exempt id, sha256, text, parts }
    Target { ct, node, via, os, systemd, kernel, pve }
    LoggedFailure { at, kind, text, owner, later_runs, units, place, zone_assumed, container_assumed }
    Place { file, line, call }
    ScriptFinding { place, severity, message, units; exempt rule }
    Attempt {
        item, argv, changes, started_at, duration, ending, stdout, stderr, found, session_lost; exempt check
    }
    Trace { lxcdiag, command, runs; exempt schema }
    Run { started_at, finished_at, settle_ms, ending, calls }
    Call {
        program, path, arguments, ct, pid, started_at, finished_at, ending, stderr, stderr_bytes, stdout_included, boot,
        push
    }
    Push { source, destination, kind, size, changed; exempt sha256 }
    OwnChange { argv, during, clock_uncertainty, repair }
    CheckKey { item; exempt check }

    Report {
        lxcdiag, command_line, demonstration, runbook, target, took, cut_short, read_only, failed_at_source, log_zone_assumed, vars, changed, fix_command,
        overview_command, whole_command, checks, timeline, script, hypotheses, verdict, settled;
        exempt schema, started_at, finished_at, failed_at, var_order, code, defaulted, explained, redacted
    }
    RunbookLine { title; exempt id, sha256 }
    Settled { also, symptoms, looked_at, not_looked_at }
    Cause { vars, level, summary, command, symptoms; exempt runbook, id }
    Symptom { vars, level, summary; exempt runbook, id }
    LookedAt { vars; exempt runbook, verdict }
    NotLookedAt { what, why }
    CheckRow {
        key, title, step, outcome, has_condition, no_items, reason, changes, observed, race, duration_ms, exit, signal, timed_out, session_lost,
        stdout_bytes, stderr_bytes, facts, severity, affected, metric;
        repeated argv, stdout, stderr;
        exempt started_at
    }
    ScriptRow { severity, at, message; exempt rule }
    Affected { name, severity, observed }
    MetricValue { value, unit }
    EventRow { what, source, decisive, interval; exempt at, until }
    HypothesisResult {
        title, about, race, level, conflicting, evidence, missing, overturned_by, remedy, remedies, next; exempt id
    }
    EvidenceResult { effect, holds, says, missing; exempt checks }
    NextRun { vars; exempt runbook }
    Remedy { kind, title, commands, changes, only_if; exempt requires }
    Verdict { kind, race, severity, summary, remedy, remedies }
}

without_text! {
    bool, u32, i32, i64, u64, usize, f64, ContainerId, Interval,
    Bearing, Boot, Effect, EventSource, FailureKind, FindingSeverity, Level, Outcome, Owner, RemedyKind, Severity, SourceKind, Stamp, TraceEnding, TracedPush,
    VerdictKind,
}

impl Texts for String {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        visitor.text(name, self);
    }

    fn as_word(&self) -> Option<&str> {
        Some(self)
    }
}

impl Texts for Missing {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        match self {
            Self::Value {
                name: value,
                reason,
            } => {
                value.visit(name, visitor);
                reason.visit(name, visitor);
            }
            Self::Answer(question) => question.visit(name, visitor),
        }
    }
}

impl Texts for Reason {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        match self {
            Self::Check { state, .. } => match state {
                NoFact::Failed(why) | NoFact::Errored(why) | NoFact::Skipped(why) => {
                    why.visit(name, visitor);
                }
                NoFact::NotRun | NoFact::NotRecorded | NoFact::NotFound | NoFact::CutOutput => {}
            },
            Self::NoResult(why) | Self::History(why) => why.visit(name, visitor),
            Self::Let(missing) => missing.visit(name, visitor),
            Self::NotSet(_)
            | Self::NoFailure(_)
            | Self::NoFailureTime(_)
            | Self::NotInOutput
            | Self::CutOutput
            | Self::NotInRecord
            | Self::NotRecorded => {}
        }
    }
}

impl Texts for Output {
    fn visit(&mut self, _: Option<&str>, visitor: &mut dyn Visitor) {
        visitor.output(self);
    }
}

impl<T: Texts> Texts for Option<T> {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        if let Some(value) = self {
            value.visit(name, visitor);
        }
    }
}

impl<T: Texts> Texts for Box<T> {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        (**self).visit(name, visitor);
    }
}

impl<T: Texts> Texts for Vec<T> {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        let mut option: Option<String> = None;
        for item in self {
            let next = item.as_word().filter(|word| word.starts_with('-'));
            let before = option.take().filter(|_| next.is_none());
            option = next.filter(|word| !word.contains('=')).map(str::to_owned);
            item.visit(before.as_deref().or(name), visitor);
        }
    }
}

impl<T: Texts> Texts for BTreeMap<String, T> {
    fn visit(&mut self, _: Option<&str>, visitor: &mut dyn Visitor) {
        for (old, new) in visit_entries(self.iter_mut(), visitor) {
            if let Some(value) = self.remove(&old) {
                self.insert(new, value);
            }
        }
    }
}

impl Texts for Map<String, Value> {
    fn visit(&mut self, _: Option<&str>, visitor: &mut dyn Visitor) {
        for (old, new) in visit_entries(self.iter_mut(), visitor) {
            if let Some(value) = self.remove(&old) {
                self.insert(new, value);
            }
        }
    }
}

/// Visits the keys and values of a map, and returns the keys that changed, before and after.
fn visit_entries<'a, T: Texts + 'a>(
    entries: impl Iterator<Item = (&'a String, &'a mut T)>,
    visitor: &mut dyn Visitor,
) -> Vec<(String, String)> {
    let mut renamed = Vec::new();
    for (key, value) in entries {
        value.visit(Some(key), visitor);
        let mut new = key.clone();
        visitor.text(None, &mut new);
        if new != *key {
            renamed.push((key.clone(), new));
        }
    }
    renamed
}

impl Texts for Value {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => {}
            Self::String(text) => text.visit(name, visitor),
            Self::Array(items) => items.visit(name, visitor),
            Self::Object(fields) => fields.visit(name, visitor),
        }
    }
}

impl Texts for Fact {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        match self {
            Self::Text(text) => text.visit(name, visitor),
            Self::List(items) => items.visit(name, visitor),
            Self::Record(facts) => facts.visit(name, visitor),
            Self::Int(_) | Self::Number(_) | Self::Bool(_) | Self::Time(_) | Self::Duration(_) => {}
        }
    }
}

impl Texts for Ending {
    fn visit(&mut self, name: Option<&str>, visitor: &mut dyn Visitor) {
        match self {
            Self::Skipped(reason) | Self::Errored(reason) => reason.visit(name, visitor),
            Self::Exited(_) | Self::TimedOut | Self::Probed => {}
        }
    }
}
