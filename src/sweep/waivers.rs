//! Problems that do not count until a certain day. Pure.

use std::fmt;

use jiff::civil::Date;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::problem::{AffectedThing, Problem, ProblemId};
use super::row::Row;
use super::selection::Ids;
use crate::evidence::container_id::ContainerId;
use crate::runbook::{RunbookErrors, read_as};

/// An entry of a waiver file, which is a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The containers: `958`, `100-199,958`, or `all`.
    #[serde(deserialize_with = "containers")]
    container: Containers,
    /// The id of the check or hypothesis.
    check: String,
    /// One of the things that the check lists, or one of its items; all of them if absent.
    #[serde(default)]
    item: Option<String>,
    /// Why it is waived.
    reason: String,
    /// The last day on which it is waived, in UTC.
    #[serde(deserialize_with = "day")]
    until: Date,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Containers {
    All,
    Some(Ids),
}

/// Reads a waiver file.
///
/// # Errors
/// The first error in it, with its line.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<Waiver>, RunbookErrors> {
    read_as(name, bytes, "write `[]` if nothing is waived")
}

fn containers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Containers, D::Error> {
    let text =
        deserializer.deserialize_str(Word("containers, such as `958`, `100-199,958` or `all`"))?;
    match text.as_str() {
        "all" => Ok(Containers::All),
        ids => ids.parse().map(Containers::Some).map_err(|error| {
            D::Error::custom(format_args!("{error}, or `all` for every container"))
        }),
    }
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = deserializer.deserialize_str(Word("a day, such as `2026-12-24`"))?;
    let day = text
        .parse()
        .ok()
        .filter(|day: &Date| day.to_string() == text);
    day.ok_or_else(|| {
        D::Error::custom(format_args!(
            "invalid day `{text}`: write it as `2026-12-24`"
        ))
    })
}

/// A scalar, and what is expected; an ID by itself is a number in YAML.
struct Word(&'static str);

impl Visitor<'_> for Word {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

impl Waiver {
    fn is_for(&self, ct: ContainerId, problem: &Problem) -> bool {
        let container = match &self.container {
            Containers::All => true,
            Containers::Some(ids) => ids.has(ct),
        };
        container && problem.is_named(&self.check)
    }

    fn covers(&self, item: Option<&str>) -> bool {
        self.item.is_none() || self.item.as_deref() == item
    }
}

/// The first id of a check or hypothesis in the waivers that no runbook has.
pub fn unknown_check(waivers: &[Waiver], is_known: impl Fn(&str) -> bool) -> Option<&str> {
    let mut checks = waivers.iter().map(|waiver| waiver.check.as_str());
    checks.find(|check| !ProblemId::WITHOUT_CHECK.contains(check) && !is_known(check))
}

/// Marks the problems that are waived today, and mentions waivers that have expired.
pub fn apply(waivers: &[Waiver], today: Date, rows: &mut [Row]) {
    for row in rows {
        let ct = row.ct;
        for problem in row.problems_mut() {
            let waivers: Vec<_> = waivers.iter().filter(|it| it.is_for(ct, problem)).collect();
            waive(&waivers, today, problem);
        }
    }
}

/// Applies the waivers that name a problem: to the problem as a whole, or to some of the things that it affects.
fn waive(waivers: &[&Waiver], today: Date, problem: &mut Problem) {
    let of_item = |item: Option<&str>| {
        let matching = || waivers.iter().filter(|waiver| waiver.covers(item));
        let active = matching().find(|waiver| today <= waiver.until);
        active.or_else(|| matching().next()).copied()
    };
    let active = |waiver: &Waiver| {
        let Waiver { reason, until, .. } = waiver;
        (today <= *until).then(|| format!("waived until {until}: {reason}"))
    };
    let item = match &problem.id {
        ProblemId::Check(key) => key.item.as_deref(),
        _ => None,
    };
    if let Some(waiver) = of_item(item) {
        problem.silent = active(waiver);
        if problem.silent.is_none() {
            let Waiver { reason, until, .. } = waiver;
            problem.says = format!("{} (waiver expired on {until}: {reason})", problem.says);
        }
        return;
    }
    let listed = problem.affected.iter().map(|thing| thing.status).max();
    for thing in &mut problem.affected {
        thing.silent = of_item(Some(&thing.name)).and_then(active);
    }
    let is_waived = |thing: &AffectedThing| thing.silent.is_some();
    // A limit that the things do not reach one by one is exceeded as a whole.
    if listed != Some(problem.status) || !problem.affected.iter().any(is_waived) {
        return;
    }
    let left = problem.affected.iter().filter(|thing| !is_waived(thing));
    match left.map(|thing| thing.status).max() {
        Some(worst) => problem.status = worst,
        None => {
            problem.silent = problem
                .affected
                .iter()
                .find_map(|thing| thing.silent.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::check_key::CheckKey;
    use crate::sweep::fixture::affecting;
    use crate::sweep::fixture::{of, row};
    use crate::sweep::problem::Status;

    fn full(key: CheckKey) -> Problem {
        Problem {
            says: "it is full".to_owned(),
            ..of(ProblemId::Check(key), Status::Critical)
        }
    }

    fn container(id: u32, checks: &[&str]) -> Row {
        let problems = checks.iter().map(|check| full(CheckKey::new(check)));
        row(id, &[], problems.collect())
    }

    fn waivers() -> Vec<Waiver> {
        let text = "
- { container: 958, check: disk, reason: replaced in December, until: 2026-12-24 }
- { container: '100-199,959', check: load, reason: a batch host, until: 2026-11-01 }
- { container: all, check: clock, reason: known, until: 2027-01-01 }
";
        read("waivers.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_waiver_is_for_its_containers_its_check_and_its_time() {
        let today = jiff::civil::date(2026, 11, 23);
        let problems = ["disk_inodes", "load", "clock"].map(|it| full(CheckKey::new(it)));
        let item = full(CheckKey::of_item("disk", "/srv"));
        let problems = [full(CheckKey::new("disk")), item]
            .into_iter()
            .chain(problems);
        let mut rows = [
            row(958, &[], problems.collect()),
            container(150, &["disk", "load"]),
        ];
        apply(&waivers(), today, &mut rows);
        let silent: Vec<_> = rows
            .iter()
            .flat_map(Row::problems)
            .map(|problem| problem.silent.as_deref())
            .collect();
        let december = Some("waived until 2026-12-24: replaced in December");
        let known = Some("waived until 2027-01-01: known");
        assert_eq!(silent, [december, december, None, None, known, None, None]);
        assert_eq!(
            rows[1].problems()[1].says,
            "it is full (waiver expired on 2026-11-01: a batch host)"
        );
    }

    #[test]
    fn a_waiver_for_an_item_leaves_the_others() {
        let text = "
- { container: 958, check: units, item: old.service, reason: retired, until: 2026-12-24 }
- { container: 958, check: mounts, item: /srv, reason: retired, until: 2026-12-24 }
";
        let waivers = read("waivers.yaml", text.as_bytes()).unwrap();
        let units = |things: &[(&str, Status)]| affecting("units", things);
        let mount = |item| full(CheckKey::of_item("mounts", item));
        let mut problems = vec![
            units(&[
                ("old.service", Status::Critical),
                ("new.service", Status::Warning),
            ]),
            mount("/srv"),
            mount("/var"),
        ];
        let mut rows = [
            row(958, &[], std::mem::take(&mut problems)),
            row(958, &[], vec![units(&[("old.service", Status::Critical)])]),
        ];
        apply(&waivers, jiff::civil::date(2026, 12, 1), &mut rows);
        let seen = rows.iter().flat_map(Row::problems);
        let seen: Vec<_> = seen.map(|it| (it.counts(), it.status)).collect();
        assert_eq!(
            seen,
            [
                (true, Status::Warning),
                (false, Status::Critical),
                (true, Status::Critical),
                (false, Status::Critical),
            ]
        );
    }

    #[test]
    fn a_check_that_no_runbook_has_is_found() {
        let known = |name: &str| ["disk", "clock"].contains(&name);
        assert_eq!(unknown_check(&waivers(), known), Some("load"));
        let stopped = "- { container: all, check: stopped, reason: x, until: 2026-12-24 }";
        let stopped = read("waivers.yaml", stopped.as_bytes()).unwrap();
        assert_eq!(unknown_check(&stopped, known), None);
    }

    #[test]
    fn the_last_day_counts() {
        for (day, silent) in [(24, true), (25, false)] {
            let mut rows = [container(958, &["disk"])];
            apply(&waivers(), jiff::civil::date(2026, 12, day), &mut rows);
            assert_eq!(rows[0].problems()[0].silent.is_some(), silent, "{day}");
        }
    }

    #[test]
    fn an_error_is_reported_with_its_place_and_what_to_write() {
        let good = "- { container: 958, check: disk, reason: x, until: 2026-12-24 }\n";
        for (text, expected) in [
            (
                "- { container: 99, check: disk, reason: x, until: 2026-12-24 }",
                "waivers.yaml:1:16: [0].container: invalid container ID or range `99`: \
                 expected 958, 100-199, or several separated by commas, or `all` for every container",
            ),
            (
                "- container: [958, 959]\n  check: disk\n  reason: x\n  until: 2026-12-24",
                "waivers.yaml:1:14: [0].container: expected containers, such as `958`, `100-199,958` or \
                 `all`, found a list",
            ),
            (
                "- container:\n  check: disk\n  reason: x\n  until: 2026-12-24",
                "waivers.yaml:1:12: [0].container: missing value: expected containers, such as \
                 `958`, `100-199,958` or `all`",
            ),
            (
                "- container: 958\n  check: disk\n  reason: x\n  untill: 2026-12-24",
                "waivers.yaml:4:3: [0].untill: unknown key `untill`\nhint: did you mean `until`?",
            ),
            (
                "- container: 958\n  check: disk\n  reason: x\n  until: soon",
                "waivers.yaml:4:10: [0].until: invalid day `soon`: write it as `2026-12-24`",
            ),
            (
                "- container: 958\n  check: disk\n  reason: x\n  until: 2026-02-30",
                "waivers.yaml:4:10: [0].until: invalid day `2026-02-30`: write it as `2026-12-24`",
            ),
            (
                &format!("{good}- {{ container: 958, check: disk, until: 2026-12-24 }}"),
                "waivers.yaml:2:3: [1]: missing key `reason`",
            ),
            (
                &good.replace("reason: x", "reason: x, reason: y"),
                "waivers.yaml:1:45: [0].reason: duplicate key `reason`\nhint: remove one of the two",
            ),
            (
                "- container: 958\n\tcheck: disk",
                "waivers.yaml:2:1: invalid YAML: unexpected tab\nhint: indent with spaces",
            ),
            (
                "container: 958\ncheck: disk\nreason: x\nuntil: 2026-12-24",
                "waivers.yaml:1:1: expected a list, found a mapping\nhint: start each entry with `- `",
            ),
            (
                "# none so far\n",
                "waivers.yaml: the file is empty\nhint: write `[]` if nothing is waived",
            ),
        ] {
            let error = read("waivers.yaml", text.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{text}");
        }
        let latin = b"- { container: 958, check: disk, reason: gr\xfcn, until: 2026-12-24 }";
        assert_eq!(
            read("waivers.yaml", latin).unwrap_err().to_string(),
            "waivers.yaml:1:44: invalid UTF-8: byte 0xfc\nhint: save the file as UTF-8"
        );
        assert_eq!(read("waivers.yaml", b"[]").unwrap(), []);
    }
}
