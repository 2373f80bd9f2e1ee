//! What the judge reads of two recordings, compared.

use std::collections::BTreeSet;
use std::fmt;

use super::Played;
use super::play::VOLUMES;
use crate::engine::execute::Execution;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::{Interval, seconds};
use crate::judge::results::{CheckResult, CheckResults};
use crate::simulator::recorded::plain;
use crate::simulator::{CT, EPOCH, Nanos};

/// Checks of which nothing depends on the history.
const STATIC: [&str; 4] = ["container", "host_node", "init", "journal_u_systemd"];

/// Facts that are of the machine: names and numbers of processes, sizes of a real directory.
const EXCLUDED: [(&str, &str); 9] = [
    ("stamp", "size"),
    ("target", "size"),
    ("pushes", "upid"),
    ("pushes", "text"),
    ("pid1", "monotonic"),
    ("pid1", "boot"),
    ("filesystem", "free_kib"),
    ("filesystem", "free_inodes"),
    ("filesystem", "mount"),
];

/// Mount units that the model has.
const MOUNTS: [&str; 2] = ["etc-systemd-system.mount", "opt-app.mount"];

/// One value that differs.
pub(super) struct Difference {
    what: String,
    simulated: String,
    real: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            simulated,
            real,
        } = self;
        write!(f, "{what}: {simulated} in the model, {real} in reality")
    }
}

/// A value in a form in which those of both recordings can be compared.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    /// Before the history proper.
    Before,
    /// In the model's time.
    At(Interval),
}

/// The clock of a recording: by how much it is ahead of the model's, and how it names the container.
struct Clock<'a> {
    played: &'a Played,
    offset: Nanos,
}

/// All that differs.
pub(super) fn differences(
    played: &Played,
    simulated: &Execution,
    real: &CheckResults,
) -> Vec<Difference> {
    let clock = |offset| Clock { played, offset };
    let (model, machine) = (clock(EPOCH), clock(EPOCH + played.offset));
    let mut found = Vec::new();
    let results = simulated.results.as_ref().expect("it is never stopped");
    for simulated in &results.checks {
        let id = simulated.key.check.as_str();
        let real = real.checks.iter().find(|it| it.key.check == id);
        if STATIC.contains(&id) {
            continue;
        }
        let Some(real) = real else {
            continue;
        };
        let rows = (model.rows(simulated), machine.rows(real));
        let same = rows.0.len() == rows.1.len();
        let differ = |a: &Row, b: &Row| !a.is_like(b, played.slack);
        if !same || rows.0.iter().zip(&rows.1).any(|(a, b)| differ(a, b)) {
            let (a, b): (Vec<_>, Vec<_>) = match same {
                true => rows
                    .0
                    .iter()
                    .zip(&rows.1)
                    .filter(|(a, b)| differ(a, b))
                    .unzip(),
                false => (rows.0.iter().collect(), rows.1.iter().collect()),
            };
            found.push(Difference {
                what: format!("{id} (slack {:.3} s)", seconds(played.slack)),
                simulated: words(&a),
                real: words(&b),
            });
        }
    }
    found
}

fn words(rows: &[&Row]) -> String {
    let rows = rows.iter().map(|row| row.to_string());
    format!("[{}]", rows.collect::<Vec<_>>().join("; "))
}

/// A result, or one record of it.
#[derive(Debug, Clone, PartialEq)]
struct Row(Vec<(String, Value)>);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Value::Text(text) => write!(f, "{name}={text:?} ")?,
                Value::Before => write!(f, "{name}=before ")?,
                Value::At(at) => write!(f, "{name}={:.3} ", seconds(at.start))?,
            }
        }
        Ok(())
    }
}

impl Row {
    fn is_like(&self, other: &Self, slack: Nanos) -> bool {
        let is_like = |((name, a), (other, b)): (&(String, Value), &(String, Value))| {
            name == other
                && match (a, b) {
                    (Value::At(a), Value::At(b)) => {
                        let around = Interval::new(-slack, slack);
                        a.shifted(around).before(*b).is_none()
                    }
                    _ => a == b,
                }
        };
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(is_like)
    }
}

impl Clock<'_> {
    /// What is compared of a result.
    fn rows(&self, result: &CheckResult) -> Vec<Row> {
        let id = result.key.check.as_str();
        let outcome = (
            "outcome".to_owned(),
            Value::Text(result.outcome.name().to_owned()),
        );
        let mut rows = vec![Row(vec![outcome])];
        match id {
            "mounts" => {
                // Which there are, of those that a history makes.
                let points = result
                    .records
                    .iter()
                    .filter_map(|facts| match facts.get("point") {
                        Some(Fact::Text(point)) => Some(point.as_str()),
                        _ => None,
                    });
                let is_of_history = |point: &&str| {
                    !point.starts_with(VOLUMES)
                        && (point.starts_with("/etc")
                            || point.starts_with("/opt")
                            || point.starts_with("/usr"))
                };
                let points: BTreeSet<_> = points.filter(is_of_history).collect();
                rows.extend(
                    points
                        .into_iter()
                        .map(|point| Row(vec![text("point", point)])),
                );
            }
            "lookup" | "unit_dir" | "elsewhere" | "arrivals" | "links" | "pid1" | "unit_log"
            | "pushes" => {
                let mut records: Vec<_> = result
                    .records
                    .iter()
                    .filter(|it| is_compared(id, it))
                    .collect();
                if id == "pid1" {
                    let text = |facts: &Facts| format!("{:?}", facts.get("message"));
                    records.sort_by_key(|facts| match facts.get("at") {
                        // Messages of one moment have an order in the alphabet, too.
                        Some(Fact::Time(at)) => (at.start, text(facts)),
                        _ => (0, text(facts)),
                    });
                }
                let mut of_records: Vec<_> =
                    records.iter().map(|facts| self.row(id, facts)).collect();
                if matches!(id, "lookup" | "elsewhere" | "arrivals" | "links") {
                    of_records.sort_by_key(Row::to_string_without_times);
                    of_records.dedup();
                }
                rows.extend(of_records);
            }
            _ => rows.push(self.row(id, &result.facts)),
        }
        rows
    }

    fn row(&self, id: &str, facts: &Facts) -> Row {
        // A start ends when the container has started, in the model after a fixed time; only pushes are compared.
        let is_push = facts.get("type") == Some(&Fact::Text("push_file".to_owned()));
        let is_excluded = |name: &str| {
            EXCLUDED.contains(&(id, name)) || (id == "pushes" && name == "end" && !is_push)
        };
        let facts = facts.iter().filter(|(name, _)| !is_excluded(name));
        Row(facts
            .map(|(name, fact)| (name.clone(), self.value(fact)))
            .collect())
    }

    fn value(&self, fact: &Fact) -> Value {
        match fact {
            Fact::Time(at) => {
                let at = at.shifted(Interval::at(-self.offset));
                // What the lab makes before a history has times of its own.
                match at.start < self.played.began - crate::simulator::SECOND / 10 {
                    true => Value::Before,
                    false => Value::At(at),
                }
            }
            Fact::Text(text) => {
                let text = plain(text.as_bytes());
                // Two names of one directory.
                let text = match text.strip_prefix("/lib/systemd/") {
                    Some(rest) => format!("/usr/lib/systemd/{rest}"),
                    None => text,
                };
                // What follows bytes that are no text is not read.
                let text = text.split('\u{fffd}').next().unwrap_or_default();
                let number = self.played.recording.target.ct.to_string();
                Value::Text(without_numbers(&text.replace(&number, &CT.to_string())))
            }
            other => Value::Text(format!("{other:?}")),
        }
    }
}

impl Row {
    fn to_string_without_times(&self) -> String {
        let texts = self.0.iter().filter_map(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join(" ")
    }
}

fn text(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_owned()))
}

/// Digits that count milliseconds and processes.
fn without_numbers(text: &str) -> String {
    let is_counted = text.starts_with("Reload") || text.starts_with("Startup finished");
    match is_counted {
        true => text
            .replace(|c: char| c.is_ascii_digit() || c == '.', "")
            .replace("ms", "s"),
        false => text.to_owned(),
    }
}

fn is_compared(id: &str, facts: &Facts) -> bool {
    match (id, facts.get("message")) {
        ("pid1", Some(Fact::Text(message))) => {
            message.starts_with("Reload")
                || message.starts_with("Startup finished")
                || MOUNTS.iter().any(|mount| message.starts_with(mount))
        }
        _ => true,
    }
}
