//! Takes the observations of a history from the results of the checks that a runbook names for it.

use super::{Doubt, Entry, Failure, Known, Message, Observations, Stamps, Task};
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::{FailureKind, NoFailure, Owner};
use crate::evidence::recording::Recording;
use crate::evidence::time::{Interval, SECOND};
use crate::evidence::trace::TracedPush;
use crate::judge::results::{CheckResult, CheckResults, Outcome};
use crate::runbook::HistoryInputs;

/// Links that lead there are not followed: it stands for a masked unit, and its stamps are those of the boot.
const NULL: &str = "/dev/null";

/// How long after a stated time the line of the same failure is written, at most.
const STATED_LAG: i64 = SECOND / 50;

/// What is known before the first check.
#[derive(Debug, Clone)]
pub(in crate::judge) struct Before {
    failure: Known<Failure>,
    is_failure_unclear: bool,
    is_not_ready_logged: bool,
    own_changes: Vec<Interval>,
    traced_pushes: Vec<TracedPush>,
}

impl Before {
    pub(in crate::judge) fn of(recording: &Recording) -> Self {
        let at = recording.failure_time();
        // A message of another time than the stated one is about another failure.
        let is_same = |logged: Interval| {
            let around = Interval::new(-STATED_LAG, 0);
            at.is_some_and(|at| logged.shifted(around).before(at).is_none())
        };
        let stated = recording.stated_failure_time();
        let said = recording
            .failed_command()
            .ok()
            .filter(|it| stated.is_none() || it.at.is_some_and(is_same));
        let is_elsewhere = said.is_some_and(|it| it.failure.container_assumed);
        let doubt = match said.filter(|_| stated.is_none()) {
            Some(it) if it.failure.zone_assumed => Some(Doubt::Zone),
            _ if is_elsewhere && stated.is_none() => Some(Doubt::Container),
            _ => None,
        };
        let is_traced = said.is_some_and(|it| it.failure.is_traced());
        Self {
            failure: at
                .map(|at| Failure {
                    at,
                    is_logged: stated.is_none() && !is_traced,
                    doubt,
                    said: said.and_then(|it| it.said),
                    is_answered: said.is_some_and(|it| it.is_answered),
                    is_said_elsewhere: is_elsewhere,
                })
                .ok_or_else(|| "the time of the failure is unknown".to_owned()),
            is_failure_unclear: stated.is_none()
                && match recording.failed_command() {
                    Ok(failed) => failed.at.is_none(),
                    Err(reason) => matches!(
                        reason,
                        NoFailure::Several | NoFailure::Unclear | NoFailure::EarlierRuns
                    ),
                },
            is_not_ready_logged: recording.log.iter().flatten().any(|failure| {
                failure.kind == FailureKind::NotReady && failure.owner != Owner::AnotherContainer
            }),
            own_changes: recording
                .earlier_changes
                .iter()
                .map(|change| change.during)
                .collect(),
            traced_pushes: recording.traced_pushes.clone(),
        }
    }
}

/// The observations that the results so far allow.
pub(in crate::judge) fn observe(
    before: &Before,
    inputs: &HistoryInputs,
    results: &CheckResults,
) -> Observations {
    let seen = Seen { results };
    let text = |expression: &str| {
        let value = results.scope().value(expression).ok()?;
        value.as_str().map(str::to_owned)
    };
    let path = text(&inputs.path).unwrap_or_default();
    let is_elsewhere = results.scope().truth(&inputs.elsewhere);
    let link = seen.facts(&inputs.target);
    let resolved = link
        .as_ref()
        .ok()
        .and_then(|facts| text_of(facts, "resolved"))
        .filter(|resolved| resolved != NULL);
    let missing = text(&format!("{}.stderr", inputs.file))
        .is_some_and(|it| it.contains("No such file or directory"));
    Observations {
        entry: match is_elsewhere {
            Ok(false) => entry(&seen, inputs, missing),
            Ok(true) => Err("systemd loads the unit from another file".to_owned()),
            Err(unknown) => Err(unknown.to_string()),
        },
        resolved: resolved.unwrap_or_else(|| path.clone()),
        path,
        directory: seen.stamps(&inputs.directory, "", false),
        parent: seen.stamps(&inputs.directory, "parent_", false),
        mounts: seen.records(&inputs.mounts).map(|records| {
            let points = records.iter().filter_map(|record| text_of(record, "point"));
            // It is mounted before systemd starts.
            points.filter(|point| point != "/run").collect()
        }),
        journal: seen.records(&inputs.journal).map(|records| {
            let mut messages: Vec<_> = records.iter().filter_map(message).collect();
            messages.sort_by_key(|message| message.at.start);
            messages
        }),
        tasks: seen.records(&inputs.tasks).map(|records| {
            let tasks = records.iter().filter_map(task);
            tasks
                .map(|task| task.with_call(&before.traced_pushes))
                .collect()
        }),
        failure: before.failure.clone(),
        is_failure_unclear: before.is_failure_unclear,
        is_not_ready_logged: before.is_not_ready_logged,
        own_changes: before.own_changes.clone(),
    }
}

fn entry(seen: &Seen<'_>, inputs: &HistoryInputs, missing: bool) -> Known<Entry> {
    let own = match seen.stamps(&inputs.file, "", true) {
        Ok(own) => own,
        Err(_) if missing => return Ok(Entry::Absent),
        Err(reason) => return Err(reason),
    };
    let is_link = seen.facts(&inputs.file)?.get("kind").is_some_and(
        |kind| matches!(kind, Fact::Text(kind) if kind.starts_with("symbolic") || kind == "l"),
    );
    let is_masked = seen
        .facts(&inputs.target)
        .is_ok_and(|facts| text_of(facts, "resolved").as_deref() == Some(NULL));
    if !is_link || is_masked {
        return Ok(Entry::Present { own, target: None });
    }
    match seen.stamps(&inputs.target, "", true) {
        Ok(target) => Ok(Entry::Present {
            own,
            target: Some(target),
        }),
        Err(_) => Ok(Entry::Dangling),
    }
}

/// The results of checks, by id.
struct Seen<'a> {
    results: &'a CheckResults,
}

impl<'a> Seen<'a> {
    fn result(&self, id: &str) -> Known<&'a CheckResult> {
        let result = self
            .results
            .checks
            .iter()
            .find(|result| result.key.check == id);
        match result {
            None => Err(format!("check {id} did not run")),
            Some(result) if matches!(result.outcome, Outcome::Errored | Outcome::Skipped) => Err(
                format!("check {id} {}: {}", result.outcome.name(), result.reason),
            ),
            Some(result) => Ok(result),
        }
    }

    fn facts(&self, id: &str) -> Known<&'a Facts> {
        self.result(id).map(|result| &result.facts)
    }

    fn records(&self, id: &str) -> Known<&'a [Facts]> {
        self.result(id).map(|result| result.records.as_slice())
    }

    fn stamps(&self, id: &str, prefix: &str, with_birth: bool) -> Known<Stamps> {
        let facts = self.facts(id)?;
        let time = |name: &str| {
            time_of(facts, &format!("{prefix}{name}"))
                .ok_or_else(|| format!("check {id} did not find the timestamps"))
        };
        Ok(Stamps {
            born: with_birth.then(|| time("born").ok()).flatten(),
            modified: time("modified")?,
            changed: time("changed")?,
        })
    }
}

fn message(record: &Facts) -> Option<Message> {
    Some(Message {
        at: time_of(record, "at")?,
        monotonic: match record.get("monotonic") {
            Some(Fact::Int(microseconds)) => Some(*microseconds),
            _ => None,
        },
        boot: text_of(record, "boot")?,
        text: text_of(record, "message")?,
    })
}

fn task(record: &Facts) -> Option<Task> {
    Some(Task {
        kind: text_of(record, "type")?,
        begin: time_of(record, "begin")?,
        end: time_of(record, "end"),
        ok: match record.get("ok") {
            Some(Fact::Bool(ok)) => Some(*ok),
            _ => None,
        },
        status: text_of(record, "status").unwrap_or_default(),
        called: None,
        record: record.clone(),
    })
}

fn time_of(facts: &Facts, name: &str) -> Option<Interval> {
    match facts.get(name) {
        Some(Fact::Time(time)) => Some(*time),
        _ => None,
    }
}

fn text_of(facts: &Facts, name: &str) -> Option<String> {
    match facts.get(name) {
        Some(Fact::Text(text)) => Some(text.clone()),
        _ => None,
    }
}
