//! Extracts facts from output, as `facts` and `each` of a check specify.

use std::sync::Arc;

use regex::{Captures, Regex};
use serde_json::Value as Json;

use crate::evidence::fact::{Fact, FactType, Facts};
use crate::evidence::recording::Attempt;
use crate::runbook::pattern::fact_pattern;
use crate::runbook::scope_names::{CONFIGURATION_FACTS, TASK_FACTS};
use crate::runbook::{Check, Each, FactSpec, HostProbe, Stream};

/// The facts from an output.
#[derive(Debug, Default)]
pub(super) struct Extracted {
    pub(super) facts: Facts,
    pub(super) records: Vec<Facts>,
    /// Whether the output matched the expected format.
    pub(super) matched: bool,
}

/// Why the facts in an output are unknown.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(super) enum Incomplete {
    #[error("the middle of its output is missing, because lxcdiag keeps only 512 KiB")]
    Cut,
    #[error(
        "its output contains more facts than a run keeps ({MAX_FACTS}, with {} MiB of text)",
        MAX_FACT_BYTES >> 20
    )]
    TooMany,
}

/// The facts that a run keeps: a short line takes much more memory as a fact than as text.
const MAX_FACTS: usize = 10_000;

/// The bytes of text in those facts.
const MAX_FACT_BYTES: usize = 2 << 20;

/// How many more facts a run can keep.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    facts: usize,
    bytes: usize,
}

impl Allowance {
    pub(super) const WHOLE: Self = Self {
        facts: MAX_FACTS,
        bytes: MAX_FACT_BYTES,
    };

    /// An empty record takes memory too.
    fn take_record(&mut self, record: &Facts) -> Result<(), Incomplete> {
        let more = usize::from(record.is_empty());
        self.facts = self.facts.checked_sub(more).ok_or(Incomplete::TooMany)?;
        self.take(record)
    }

    fn take(&mut self, facts: &Facts) -> Result<(), Incomplete> {
        let bytes = facts.values().map(|fact| match fact {
            Fact::Text(text) => text.len(),
            _ => 0,
        });
        let left = |left: usize, taken| left.checked_sub(taken).ok_or(Incomplete::TooMany);
        self.facts = left(self.facts, facts.len())?;
        self.bytes = left(self.bytes, bytes.sum())?;
        Ok(())
    }
}

/// Extracts facts from a command's output.
pub(super) fn from_output(
    check: &Check,
    attempt: &Attempt,
    allowance: &mut Allowance,
) -> Result<Extracted, Incomplete> {
    let default = FactSpec::default();
    let spec = check.facts.as_ref().unwrap_or(&default);
    let output = match spec.from {
        Stream::Stdout => &attempt.stdout,
        Stream::Stderr => &attempt.stderr,
    };
    let text = output.text();
    let patterns = patterns(spec);
    match check.each {
        None if spec.fields.is_empty() => {
            let mut facts = Facts::new();
            let mut matched = true;
            for pattern in &patterns {
                match pattern.captures(&text) {
                    Some(found) => groups(pattern, &found, spec, &mut facts),
                    None if output.is_cut() => return Err(Incomplete::Cut),
                    None => matched = false,
                }
            }
            allowance.take(&facts)?;
            Ok(Extracted {
                facts,
                records: Vec::new(),
                matched,
            })
        }
        _ if output.is_cut() => Err(Incomplete::Cut),
        None => match serde_json::from_str(&text) {
            Ok(json) => {
                let facts = fields(&json, spec);
                allowance.take(&facts)?;
                Ok(Extracted {
                    facts,
                    records: Vec::new(),
                    matched: true,
                })
            }
            Err(_) => Ok(Extracted::default()),
        },
        Some(Each::Line) => {
            let records = text.lines().filter_map(|line| {
                let mut facts = Facts::new();
                let mut any = false;
                for pattern in &patterns {
                    if let Some(found) = pattern.captures(line) {
                        groups(pattern, &found, spec, &mut facts);
                        any = true;
                    }
                }
                any.then_some(facts)
            });
            Ok(from_records(spec, &patterns, within(allowance, records)?))
        }
        Some(Each::Json) => {
            let records = text
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .filter(Json::is_object)
                .map(|json| fields(&json, spec));
            Ok(from_records(spec, &patterns, within(allowance, records)?))
        }
    }
}

/// The records, if a run can keep them all.
fn within(
    allowance: &mut Allowance,
    records: impl Iterator<Item = Facts>,
) -> Result<Vec<Facts>, Incomplete> {
    // A check with too many leaves them all to the others.
    let mut left = *allowance;
    let records = records
        .map(|record| left.take_record(&record).map(|()| record))
        .collect::<Result<_, _>>()?;
    *allowance = left;
    Ok(records)
}

/// Takes facts from a host probe: one record, or one for each task.
pub(super) fn from_host(look: &HostProbe, found: &[Facts]) -> Extracted {
    match look {
        HostProbe::Tasks(_) | HostProbe::Configuration => {
            let names = match look {
                HostProbe::Tasks(_) => TASK_FACTS,
                _ => CONFIGURATION_FACTS,
            };
            let mut extracted = Extracted {
                facts: columns(found),
                records: found.to_vec(),
                matched: true,
            };
            for name in names {
                extracted
                    .facts
                    .entry((*name).to_owned())
                    .or_insert_with(|| Fact::List(Vec::new()));
            }
            extracted
        }
        HostProbe::Container
        | HostProbe::Node
        | HostProbe::Source(_)
        | HostProbe::LastStart
        | HostProbe::Backups => Extracted {
            facts: found.first().cloned().unwrap_or_default(),
            records: Vec::new(),
            matched: true,
        },
    }
}

/// The patterns of a spec, which validation has compiled before.
fn patterns(spec: &FactSpec) -> Vec<Arc<Regex>> {
    spec.patterns
        .iter()
        .filter_map(|pattern| fact_pattern(pattern).ok())
        .collect()
}

/// Records with a time `at` are in its order: the order of a command's output differs between versions.
fn from_records(spec: &FactSpec, patterns: &[Arc<Regex>], mut records: Vec<Facts>) -> Extracted {
    let at = |record: &Facts| match record.get("at") {
        Some(Fact::Time(at)) => Some((at.start, at.end)),
        _ => None,
    };
    if records.iter().all(|record| at(record).is_some()) {
        records.sort_by_key(at);
    }
    let mut facts = columns(&records);
    // A column without values is an empty list, not a missing fact.
    let named = patterns
        .iter()
        .flat_map(|pattern| pattern.capture_names().flatten());
    for name in named.chain(spec.fields.keys().map(String::as_str)) {
        facts
            .entry(name.to_owned())
            .or_insert_with(|| Fact::List(Vec::new()));
    }
    Extracted {
        facts,
        records,
        matched: true,
    }
}

/// Collects the values of each name in a list.
pub(super) fn columns(records: &[Facts]) -> Facts {
    let mut columns = Facts::new();
    for (name, fact) in records.iter().flatten() {
        match columns
            .entry(name.clone())
            .or_insert_with(|| Fact::List(Vec::new()))
        {
            Fact::List(items) => items.push(fact.clone()),
            _ => continue,
        }
    }
    columns
}

fn groups(pattern: &Regex, found: &Captures<'_>, spec: &FactSpec, facts: &mut Facts) {
    for name in pattern.capture_names().flatten() {
        if let Some(group) = found.name(name)
            && let Some(fact) = Fact::parse(group.as_str(), type_of(spec, name))
        {
            facts.insert(name.to_owned(), fact);
        }
    }
}

fn fields(json: &Json, spec: &FactSpec) -> Facts {
    let Some(object) = json.as_object() else {
        return Facts::new();
    };
    let wanted: Vec<(&str, &str)> = if spec.fields.is_empty() {
        object
            .keys()
            .map(|key| (key.as_str(), key.as_str()))
            .collect()
    } else {
        spec.fields
            .iter()
            .map(|(name, field)| (name.as_str(), field.as_str()))
            .collect()
    };
    wanted
        .into_iter()
        .filter_map(|(name, field)| {
            let text = json_text(object.get(field)?)?;
            let fact = Fact::parse(&text, type_of(spec, name))?;
            Some((name.to_owned(), fact))
        })
        .collect()
}

/// The text of a JSON value. The journal writes a message that is not UTF-8 as an array of bytes.
fn json_text(json: &Json) -> Option<String> {
    match json {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Array(items) => {
            let bytes: Option<Vec<u8>> = items
                .iter()
                .map(|item| u8::try_from(item.as_u64()?).ok())
                .collect();
            Some(bytes.map_or_else(
                || json.to_string(),
                |bytes| String::from_utf8_lossy(&bytes).into_owned(),
            ))
        }
        other => Some(other.to_string()),
    }
}

fn type_of(spec: &FactSpec, name: &str) -> FactType {
    spec.types.get(name).copied().unwrap_or_default()
}
