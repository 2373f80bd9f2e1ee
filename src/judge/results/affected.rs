//! Which things exceed a check's limit, one by one: the units, mounts or files that it lists.

use indexmap::IndexMap;
use serde::Serialize;

use super::Severity;
use super::extract::{Extracted, columns};
use super::outcome::severity;
use crate::evidence::fact::{Fact, Facts};
use crate::expression::{Binding, Scope};
use crate::runbook::pattern::fact_pattern;
use crate::runbook::{Check, HostProbe};
use crate::terminal_text::clipped;

/// A check with more records, or more affected things, is followed as a whole.
const MOST: usize = 500;
/// Characters of a name.
const NAME: usize = 200;

/// One of the things that exceed a check's limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Affected {
    /// Its name, by which one run knows it from another.
    pub name: String,
    /// Which limit it exceeds.
    pub severity: Severity,
    /// What was observed of it, its name included.
    pub observed: String,
}

/// The things for which a check exceeds a limit, each once: those of its `affected`, else each record that
/// exceeds a limit by itself. None if only all records together do.
pub(super) fn affected(
    own: &Scope,
    check: &Check,
    extracted: &Extracted,
    worst: Severity,
) -> Vec<Affected> {
    let all = match &check.affected {
        Some(list) => listed(own, list, worst),
        None => records(own, check, extracted, worst),
    };
    let mut once: IndexMap<String, Affected> = IndexMap::new();
    for one in all {
        let known = once.entry(one.name.clone()).or_insert_with(|| one.clone());
        if known.severity < one.severity {
            *known = one;
        }
    }
    match once.len() {
        0..=MOST => once.into_values().collect(),
        _ => Vec::new(),
    }
}

fn listed(own: &Scope, list: &str, severity: Severity) -> Vec<Affected> {
    let names = own.value(list).ok();
    let names = names.as_ref().and_then(|names| names.try_iter().ok());
    let affected = |name: String| Affected {
        observed: name.clone(),
        name,
        severity,
    };
    names
        .into_iter()
        .flatten()
        .map(|name| affected(clipped(&name.to_string(), NAME)))
        .collect()
}

fn records(own: &Scope, check: &Check, extracted: &Extracted, worst: Severity) -> Vec<Affected> {
    let naming = naming_facts(check);
    if naming.is_empty() || extracted.records.len() > MOST {
        return Vec::new();
    }
    let mut scope = own.clone();
    let mut exceeds = |records: &[Facts]| {
        bind(&mut scope, extracted, records);
        severity(&scope, check).ok().flatten()
    };
    // What holds without any record is not what a record does.
    let without = exceeds(&[]);
    let alone: Vec<_> = extracted
        .records
        .iter()
        .filter_map(|record| {
            let severity = exceeds(std::slice::from_ref(record));
            let severity = severity.filter(|_| severity > without)?.min(worst);
            Some((record, name(&naming, record)?, severity))
        })
        .collect();
    alone
        .into_iter()
        .map(|(record, name, severity)| {
            bind(&mut scope, extracted, std::slice::from_ref(record));
            let shown = check.show.as_ref();
            let shown = shown.and_then(|template| scope.render(template).ok());
            let observed = match shown {
                Some(shown) if shown.contains(&name) => shown,
                Some(shown) => format!("{name}: {shown}"),
                None => name.clone(),
            };
            Affected {
                name: clipped(&name, NAME),
                severity,
                observed,
            }
        })
        .collect()
}

/// Has a check's own facts be those of these records alone.
fn bind(scope: &mut Scope, extracted: &Extracted, records: &[Facts]) {
    let mut facts = columns(records);
    for name in extracted.facts.keys() {
        let fact = facts.remove(name).unwrap_or(Fact::List(Vec::new()));
        scope.bind(name, Binding::Present(fact));
    }
    let records = records.iter().cloned().map(Fact::Record).collect();
    scope.bind("records", Binding::Present(Fact::List(records)));
}

/// The facts that can name a record, in the order in which the check names them. The keys of a JSON object
/// have no order of their own.
fn naming_facts(check: &Check) -> Vec<String> {
    if let Some(HostProbe::Tasks(_)) = check.host {
        return vec!["upid".to_owned()];
    }
    let spec = check.facts.iter();
    spec.flat_map(|spec| {
        let patterns = spec.patterns.iter();
        let patterns = patterns.filter_map(|pattern| fact_pattern(pattern).ok());
        let groups = patterns.flat_map(|pattern| {
            let names = pattern.capture_names().flatten();
            names.map(str::to_owned).collect::<Vec<_>>()
        });
        groups.chain(spec.fields.keys().cloned())
    })
    .collect()
}

/// A record's first fact that is text, and no number: a number is what was measured.
fn name(naming: &[String], record: &Facts) -> Option<String> {
    naming.iter().find_map(|name| match record.get(name) {
        Some(Fact::Text(text)) if !text.is_empty() && text.trim().parse::<f64>().is_err() => {
            Some(text.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Run, runbook};
    use crate::judge::results::CheckResults;

    /// What is affected where a check with these keys prints this: name, severity, observed.
    fn of(keys: &str, stdout: &str) -> Vec<(String, Severity, String)> {
        let text =
            format!("runbook: test\ntitle: A test\nchecks:\n  - id: it\n    title: It\n{keys}");
        let runbook = runbook(&text);
        let run = Run::new(&runbook).exits("it", 0, stdout, "");
        let results = CheckResults::of_recording(&runbook, &run.recording);
        let affected = results.checks[0].affected.iter();
        affected
            .map(|it| (it.name.clone(), it.severity, it.observed.clone()))
            .collect()
    }

    fn one(name: &str, severity: Severity, observed: &str) -> (String, Severity, String) {
        (name.to_owned(), severity, observed.to_owned())
    }

    const DISKS: &str = "    run: [df]
    each: line
    facts: { match: '^(?<percent>\\d+) (?<mount>/.*)$', types: { percent: int } }
    warn: percent | max > 80
    crit: percent | max > 95
    show: \"{{ percent | max }} % of {{ (records | sort(attribute='percent') | last).mount }}\"
";

    #[test]
    fn each_record_that_exceeds_a_limit_by_itself_is_affected() {
        assert_eq!(
            of(DISKS, "99 /\n10 /home\n85 /srv\n"),
            [
                one("/", Severity::Critical, "99 % of /"),
                one("/srv", Severity::Warning, "85 % of /srv"),
            ]
        );
        assert_eq!(of(DISKS, "50 /\n"), []);
    }

    #[test]
    fn a_record_listed_twice_is_affected_once_by_its_worst() {
        assert_eq!(
            of(DISKS, "85 /\n99 /\n90 /\n"),
            [one("/", Severity::Critical, "99 % of /")]
        );
    }

    #[test]
    fn a_limit_on_the_number_of_records_affects_none_of_them() {
        let restarts = "    run: [journalctl]
    each: line
    facts: { match: '^(?<unit>\\S+)$' }
    warn: records | length > 2
";
        assert_eq!(of(restarts, "a\nb\nc\n"), []);
    }

    #[test]
    fn a_record_is_not_affected_if_the_limit_is_exceeded_without_it() {
        let missing = "    run: [df]
    each: line
    facts: { match: ['^mount (?<mount>\\S+)$', '^bad (?<bad>\\S+)$'] }
    crit: mount | length == 0 or bad | length > 0
";
        assert_eq!(of(missing, "bad /srv\n"), []);
        assert_eq!(
            of(missing, "mount /\nbad /srv\n"),
            [],
            "without `/` the limit is exceeded too"
        );
    }

    #[test]
    fn the_name_is_the_first_text_that_is_not_a_number() {
        let counted = "    run: [uniq, -c]
    each: line
    facts: { match: '^(?<count>\\d+) (?<program>\\S+) (?<message>.*)$' }
    warn: records | length > 0
    show: \"{{ records | length }} lines\"
";
        assert_eq!(
            of(counted, "12 sshd bye\n7 cron hello\n13 sshd again\n"),
            [
                one("sshd", Severity::Warning, "sshd: 1 lines"),
                one("cron", Severity::Warning, "cron: 1 lines"),
            ]
        );
    }

    #[test]
    fn a_runbook_can_say_what_is_affected() {
        let said = "    run: [cat, names]
    facts: { match: '^bad: (?<names>.*)$' }
    crit: names != ''
    affected: names | split(', ')
";
        assert_eq!(
            of(said, "bad: a b, c\n"),
            [
                one("a b", Severity::Critical, "a b"),
                one("c", Severity::Critical, "c"),
            ]
        );
        assert_eq!(of(said, "bad: \n"), []);
    }

    #[test]
    fn a_flood_of_records_is_followed_as_a_whole() {
        let lines: String = (0..=MOST).map(|n| format!("99 /{n}\n")).collect();
        assert_eq!(of(DISKS, &lines), []);
        let lines: String = (0..MOST).map(|n| format!("99 /{n}\n")).collect();
        assert_eq!(of(DISKS, &lines).len(), MOST);
    }
}
