//! Problems that somebody decided to live with, until a day. Pure.

use jiff::civil::Date;
use serde::Deserialize;

use super::row::Row;
use super::selection::Ids;

/// A waivers file: a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The containers it is for: `958`, `100-199,958`, or `all`.
    container: Containers,
    /// The id of the check or hypothesis that it is for.
    check: String,
    /// Why it is waived.
    reason: String,
    /// The last day on which it is, in UTC.
    until: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Words")]
enum Containers {
    All,
    Some(Ids),
}

/// An ID alone is a number in YAML.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    Number(u32),
    Text(String),
}

impl TryFrom<Words> for Containers {
    type Error = super::selection::BadIds;

    fn try_from(words: Words) -> Result<Self, Self::Error> {
        let text = match words {
            Words::Number(ct) => ct.to_string(),
            Words::Text(text) => text,
        };
        match text.as_str() {
            "all" => Ok(Self::All),
            ids => ids.parse().map(Self::Some),
        }
    }
}

impl Waiver {
    fn is_for(&self, ct: u32, problem: &str) -> bool {
        let container = match &self.container {
            Containers::All => true,
            Containers::Some(ids) => ids.has(ct),
        };
        container
            && (problem == self.check
                || problem
                    .strip_prefix(&self.check)
                    .is_some_and(|rest| rest.starts_with('[')))
    }
}

/// Marks the problems that are waived today; one whose waiver has run out says so.
pub fn apply(waivers: &[Waiver], today: Date, rows: &mut [Row]) {
    for row in rows {
        let ct = row.ct;
        for problem in row.problems_mut() {
            let mut for_it = waivers
                .iter()
                .filter(|waiver| waiver.is_for(ct, &problem.id));
            let in_force = for_it.clone().find(|waiver| today <= waiver.until);
            if let Some(Waiver { reason, until, .. }) = in_force {
                problem.silent = Some(format!("waived until {until}: {reason}"));
            } else if let Some(Waiver { reason, until, .. }) = for_it.next() {
                problem.says =
                    format!("{} (its waiver ran out on {until}: {reason})", problem.says);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::row::{Found, Problem, Status, Visited};

    fn row(ct: u32, problems: &[&str]) -> Row {
        let problems = problems
            .iter()
            .map(|id| Problem {
                id: (*id).to_owned(),
                status: Status::Critical,
                says: "it is full".to_owned(),
                silent: None,
            })
            .collect();
        Row {
            ct,
            node: String::new(),
            name: None,
            started_at: None,
            duration_ms: None,
            visit: Visited::Visited(Found {
                problems,
                ..Found::default()
            }),
        }
    }

    fn waivers() -> Vec<Waiver> {
        let text = "
- { container: 958, check: disk, reason: replaced in December, until: 2026-12-24 }
- { container: '100-199,959', check: load, reason: a batch host, until: 2026-11-01 }
- { container: all, check: clock, reason: known, until: 2027-01-01 }
";
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn a_waiver_is_for_its_containers_its_check_and_its_time() {
        let today = jiff::civil::date(2026, 11, 23);
        let mut rows = [
            row(958, &["disk", "disk[/srv]", "disk_inodes", "load", "clock"]),
            row(150, &["disk", "load"]),
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
            "it is full (its waiver ran out on 2026-11-01: a batch host)"
        );
    }

    #[test]
    fn the_last_day_counts() {
        for (day, silent) in [(24, true), (25, false)] {
            let mut rows = [row(958, &["disk"])];
            apply(&waivers(), jiff::civil::date(2026, 12, day), &mut rows);
            assert_eq!(rows[0].problems()[0].silent.is_some(), silent, "{day}");
        }
    }

    #[test]
    fn what_is_no_waiver_is_refused() {
        for bad in [
            "- { container: 958, check: disk, until: 2026-12-24 }",
            "- { container: 99, check: disk, reason: x, until: 2026-12-24 }",
            "- { container: 958, check: disk, reason: x, until: soon }",
            "- { container: 958, check: disk, reason: x, until: 2026-12-24, by: me }",
        ] {
            assert!(serde_yaml::from_str::<Vec<Waiver>>(bad).is_err(), "{bad}");
        }
    }
}
