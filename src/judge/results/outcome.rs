//! The outcome of an attempt, with its reason.

use super::affected::affected;
use super::extract::{self, Allowance, Extracted};
use super::{CheckResult, Event, EventSource, MetricValue, Outcome, Severity};
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::recording::{Attempt, Ending, Output};
use crate::evidence::time::seconds;
use crate::expression::{Binding, NoFact, Reason, Scope, Unknown, moment_of};
use crate::runbook::scope_names::FactNames;
use crate::runbook::{Action, Check};
use crate::terminal_text::clipped;

/// How much of a line of standard error a reason quotes.
const MOST_OF_LINE: usize = 500;

/// The result of one attempt, given the results so far.
pub(super) fn interpret(
    scope: &Scope,
    check: &Check,
    attempt: &Attempt,
    allowance: &mut Allowance,
) -> CheckResult {
    let extracted = match (&attempt.ending, check.action()) {
        (Ending::Probed, Some(Action::Host(probe))) => {
            Ok(extract::from_host(probe, &attempt.found))
        }
        // The node was read in place of the command.
        (Ending::Probed, _) => extract::from_output(check, attempt, allowance),
        (Ending::Exited(status), _) if check.accepted_exits().contains(status) => {
            extract::from_output(check, attempt, allowance)
        }
        _ => Ok(Extracted::default()),
    };
    let (extracted, incomplete) = match extracted {
        Ok(extracted) => (extracted, None),
        Err(incomplete) => (Extracted::default(), Some(incomplete)),
    };
    let own = own_scope(scope, check, attempt, &extracted);
    let ran = incomplete.is_none() && matches!(attempt.ending, Ending::Exited(_) | Ending::Probed);
    let (outcome, reason) = match incomplete {
        Some(incomplete) => (Outcome::Errored, incomplete.to_string()),
        None => outcome(&own, check, attempt, &extracted),
    };
    let severity = ran.then(|| severity(&own, check));
    let (outcome, reason) = match &severity {
        Some(Err(missing)) => (
            Outcome::Errored,
            format!("{reason}; its limits cannot be evaluated without {missing}"),
        ),
        _ => (outcome, reason),
    };
    let observed = match &check.show {
        Some(template) if outcome == Outcome::Passed => own.describe(template),
        // If values are missing, the reason says more than an incomplete text.
        Some(template) if outcome == Outcome::Failed => match own.render(template) {
            Ok(_) => own.describe(template),
            Err(_) => reason.clone(),
        },
        _ => reason.clone(),
    };
    let (events, metric) = if ran {
        (events(&own, check, &extracted), metric(&own, check))
    } else {
        (Vec::new(), None)
    };
    let severity = severity.and_then(Result::ok).flatten();
    let affected = severity.map(|worst| affected(&own, check, &extracted, worst));
    CheckResult {
        key: attempt.key(),
        outcome,
        no_items: has_no_items(scope, check, attempt),
        reason,
        observed,
        facts: extracted.facts,
        records: extracted.records,
        events,
        severity,
        affected: affected.unwrap_or_default(),
        metric,
    }
}

fn own_scope(scope: &Scope, check: &Check, attempt: &Attempt, extracted: &Extracted) -> Scope {
    let mut own = scope.inner();
    // A missing fact hides a value of the same name from outside the check.
    for name in FactNames::of(check).names {
        own.bind(&name, Binding::Absent(Reason::NotInOutput));
    }
    for (name, output) in streams(attempt) {
        if output.is_cut() {
            own.bind(name, Binding::Absent(Reason::CutOutput));
        }
    }
    for (name, fact) in facts_of(attempt) {
        own.bind(&name, Binding::Present(fact));
    }
    let records = extracted.records.iter().cloned().map(Fact::Record);
    own.bind("records", Binding::Present(Fact::List(records.collect())));
    if let Some(item) = &attempt.item {
        own.bind("item", Binding::Present(Fact::Text(item.clone())));
    }
    own.bind_facts(&extracted.facts);
    own
}

const fn streams(attempt: &Attempt) -> [(&'static str, &Output); 2] {
    [("stdout", &attempt.stdout), ("stderr", &attempt.stderr)]
}

/// The facts about an attempt that no runbook names. A condition on an output without its middle is unknown.
fn facts_of(attempt: &Attempt) -> Facts {
    let whole = streams(attempt)
        .into_iter()
        .filter(|(_, output)| !output.is_cut());
    let mut facts: Facts = whole
        .map(|(name, output)| (name.to_owned(), Fact::Text(output.text())))
        .collect();
    let timed_out = attempt.ending == Ending::TimedOut;
    facts.insert("timed_out".to_owned(), Fact::Bool(timed_out));
    if let Ending::Exited(status) = attempt.ending {
        facts.insert("exit".to_owned(), Fact::Int(i64::from(status)));
        if let Some(signal) = attempt.ending.signal() {
            facts.insert("signal".to_owned(), Fact::Int(i64::from(signal)));
        }
    }
    if let Some(duration) = attempt.duration {
        facts.insert("duration".to_owned(), Fact::Duration(seconds(duration)));
    }
    facts
}

fn outcome(
    own: &Scope,
    check: &Check,
    attempt: &Attempt,
    extracted: &Extracted,
) -> (Outcome, String) {
    let status = match &attempt.ending {
        Ending::Skipped(reason) => return (Outcome::Skipped, reason.clone()),
        Ending::Errored(reason) => return (Outcome::Errored, reason.clone()),
        Ending::TimedOut => {
            let reason = format!("timed out after {} s", check.timeout_seconds());
            return (Outcome::Errored, reason);
        }
        Ending::Exited(status) => Some(*status),
        Ending::Probed => None,
    };
    let accepted = status.is_none_or(|status| check.accepted_exits().contains(&status));
    let ended = status.map_or_else(
        || "read from the host".to_owned(),
        |status| match first_line(&attempt.stderr.text()) {
            Some(line) => format!("exit {status}: {}", clipped(line, MOST_OF_LINE)),
            None => format!("exit {status}"),
        },
    );
    let Some(pass) = &check.pass else {
        return match (accepted, extracted.matched) {
            (true, true) => (Outcome::Passed, ended),
            (true, false) => (
                Outcome::Failed,
                format!("{ended}; output did not match the expected format"),
            ),
            (false, _) => (Outcome::Failed, ended),
        };
    };
    match own.judge(pass) {
        Ok(true) => (Outcome::Passed, ended),
        Err(missing) if accepted => (
            Outcome::Errored,
            format!("{ended}; cannot be evaluated without {missing}"),
        ),
        Ok(false) | Err(_) => (Outcome::Failed, ended),
    }
}

fn has_no_items(scope: &Scope, check: &Check, attempt: &Attempt) -> bool {
    let list = check.for_each.as_ref();
    let items = list.and_then(|list| scope.value(list).ok());
    matches!(attempt.ending, Ending::Skipped(_))
        && items.is_some_and(|items| items.try_iter().is_ok_and(|mut it| it.next().is_none()))
}

fn first_line(text: &str) -> Option<&str> {
    text.lines().map(str::trim).find(|line| !line.is_empty())
}

fn events(own: &Scope, check: &Check, extracted: &Extracted) -> Vec<Event> {
    let mut events = Vec::new();
    let one = [Facts::new()];
    let by_record = check.each.is_some() || !extracted.records.is_empty();
    let records: &[Facts] = if by_record { &extracted.records } else { &one };
    let mut scope = own.clone();
    for spec in &check.events {
        for record in records {
            if by_record {
                for name in extracted.facts.keys() {
                    let binding = match record.get(name) {
                        Some(fact) => Binding::Present(fact.clone()),
                        None => Binding::Absent(Reason::NotInRecord),
                    };
                    scope.bind(name, binding);
                }
            }
            let wanted = spec
                .condition
                .as_ref()
                .is_none_or(|condition| scope.judge(condition) == Ok(true));
            if !wanted {
                continue;
            }
            if let Ok(value) = scope.value(&spec.at)
                && let Some(at) = moment_of(&value)
            {
                events.push(Event {
                    at,
                    what: scope.describe(&spec.what),
                    source: EventSource::Check(check.id.clone()),
                    decisive: false,
                });
            }
        }
    }
    events
}

/// The severity of the worst limit that is exceeded.
///
/// # Errors
/// None is known to be exceeded, and these values are missing to evaluate one of them.
pub(super) fn severity(own: &Scope, check: &Check) -> Result<Option<Severity>, Unknown> {
    let limits = [
        (&check.crit, Severity::Critical),
        (&check.warn, Severity::Warning),
    ];
    let mut result = Ok(None);
    for (condition, severity) in limits {
        let Some(condition) = condition else { continue };
        match own.judge(condition) {
            Ok(true) => return Ok(Some(severity)),
            Err(unknown) => result = result.and(Err(unknown)),
            Ok(false) => {}
        }
    }
    result
}

fn metric(own: &Scope, check: &Check) -> Option<MetricValue> {
    let metric = check.metric.as_ref()?;
    let value = own.value(&metric.value).ok()?;
    Some(MetricValue {
        value: f64::try_from(value).ok()?,
        unit: metric.unit.clone(),
    })
}

/// The values that expressions read under a check's name after its attempts.
pub(super) fn binding(check: &Check, attempts: &[&Attempt], results: &[CheckResult]) -> Binding {
    let without = |state| Reason::Check {
        check: check.id.clone(),
        state,
    };
    let (Some(first), Some(attempt)) = (results.first(), attempts.first()) else {
        return Binding::Group(Facts::new(), without(NoFact::NotRecorded));
    };
    let mut facts = if check.for_each.is_some() {
        let each: Vec<_> = results.iter().map(|result| result.facts.clone()).collect();
        extract::columns(&each)
    } else {
        first.facts.clone()
    };
    let records = results.iter().flat_map(|result| &result.records);
    let records: Vec<_> = records.cloned().map(Fact::Record).collect();
    let has_records =
        !records.is_empty() || matches!(first.outcome, Outcome::Passed | Outcome::Failed);
    let tried = first.outcome != Outcome::Skipped;
    let all = |outcome| results.iter().all(|result| result.outcome == outcome);
    let any = |outcome| results.iter().any(|result| result.outcome == outcome);
    let mut insert = |name: &str, fact| {
        facts.insert(name.to_owned(), fact);
    };
    // A check that did not run has neither passed nor failed: conditions on it are unknown.
    if tried && !any(Outcome::Errored) {
        insert("passed", Fact::Bool(all(Outcome::Passed)));
        insert("failed", Fact::Bool(any(Outcome::Failed)));
    }
    insert("errored", Fact::Bool(any(Outcome::Errored)));
    insert("skipped", Fact::Bool(all(Outcome::Skipped)));
    insert("outcome", Fact::Text(first.outcome.name().to_owned()));
    insert("reason", Fact::Text(first.reason.clone()));
    if has_records {
        insert("records", Fact::List(records));
    }
    if matches!(attempt.ending, Ending::Exited(_) | Ending::TimedOut) {
        for (name, fact) in facts_of(attempt) {
            facts.entry(name).or_insert(fact);
        }
    }
    let reason = first.reason.clone();
    let state = match first.outcome {
        Outcome::Passed if streams(attempt).iter().any(|(_, output)| output.is_cut()) => {
            NoFact::CutOutput
        }
        Outcome::Passed => NoFact::NotFound,
        Outcome::Failed => NoFact::Failed(reason),
        Outcome::Errored => NoFact::Errored(reason),
        Outcome::Skipped => NoFact::Skipped(reason),
    };
    Binding::Group(facts, without(state))
}
