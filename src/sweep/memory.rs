//! What earlier sweeps found, and what is new, worse, better or gone since. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::row::{Row, Status, UNREACHABLE, Visited};
use crate::judge::findings::Outcome;

/// The format of a memory file.
pub const SCHEMA: &str = "lxcdiag.sweep-memory/1";

/// What earlier sweeps with a runbook found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// [`SCHEMA`].
    pub schema: String,
    /// When the last sweep of a container began that was done with it, in nanoseconds since the Unix
    /// epoch: what a later one cut short did not see is yet to be looked at.
    pub swept_at: BTreeMap<u32, i64>,
    /// What was wrong when it was last looked at: by container, by the problem's id.
    pub known: BTreeMap<u32, BTreeMap<String, Known>>,
}

/// A problem that was seen in the last sweep that could tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// How bad it was.
    pub status: Status,
    /// It in words.
    pub says: String,
    /// When it was first seen, in nanoseconds since the Unix epoch.
    pub since: i64,
    /// In how many sweeps in a row.
    pub seen: u32,
    /// Whether it has been told of.
    pub told: bool,
}

/// How a problem differs from the last sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there, or not told of, or it could be told how bad it was and cannot any more.
    New,
    /// It is worse.
    Worse,
    /// It is better, and still there.
    Better,
    /// It is no longer there.
    Gone,
}

/// A problem that differs from the last sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The container's ID.
    pub ct: u32,
    /// The problem's id.
    pub id: String,
    /// How it differs.
    pub change: Change,
    /// How bad it is now, or was before it went.
    pub status: Status,
    /// It in words.
    pub says: String,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            swept_at: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }
}

impl Memory {
    /// Takes in a sweep that began at `now`: what differs, in the order of the rows. Problems not yet
    /// seen `confirm` times in a row are marked so, and do not count.
    ///
    /// `there` are the IDs of all containers: what is known of others is forgotten, save of those
    /// that were asked for.
    pub fn advance(
        &mut self,
        rows: &mut [Row],
        there: &BTreeSet<u32>,
        confirm: u32,
        now: i64,
    ) -> Vec<Changed> {
        let mut changes = Vec::new();
        for row in rows.iter_mut() {
            if matches!(row.visit, Visited::Visited(_)) {
                let before = self.known.remove(&row.ct).unwrap_or_default();
                let after = advance_row(row, before, confirm, now, &mut changes);
                if !after.is_empty() {
                    self.known.insert(row.ct, after);
                }
            }
            if row.is_done() {
                self.swept_at.insert(row.ct, now);
            }
        }
        let asked_for: BTreeSet<_> = rows.iter().map(|row| row.ct).collect();
        let is_there = |ct: &u32| there.contains(ct) || asked_for.contains(ct);
        self.known.retain(|ct, _| is_there(ct));
        self.swept_at.retain(|ct, _| is_there(ct));
        changes
    }
}

fn advance_row(
    row: &mut Row,
    mut before: BTreeMap<String, Known>,
    confirm: u32,
    now: i64,
    changes: &mut Vec<Changed>,
) -> BTreeMap<String, Known> {
    let untold = not_looked_at(row);
    let ct = row.ct;
    let mut after = BTreeMap::new();
    for problem in row.problems_mut() {
        let earlier = before.remove(&problem.id);
        let seen = earlier
            .as_ref()
            .map_or(1, |earlier| earlier.seen.saturating_add(1));
        if problem.counts() && seen < confirm {
            problem.silent = Some(format!("seen {seen} of {confirm} times"));
        }
        let was_told = earlier.as_ref().filter(|earlier| earlier.told);
        let change = match was_told {
            None => Some(Change::New),
            Some(earlier)
                if problem.status == Status::Unknown && earlier.status > Status::Unknown =>
            {
                Some(Change::New)
            }
            Some(earlier) if problem.status > earlier.status => Some(Change::Worse),
            Some(earlier) if problem.status < earlier.status => Some(Change::Better),
            Some(_) => None,
        };
        if let Some(change) = change.filter(|_| problem.counts()) {
            changes.push(Changed {
                ct,
                id: problem.id.clone(),
                change,
                status: problem.status,
                says: problem.says.clone(),
            });
        }
        let known = Known {
            status: problem.status,
            says: problem.says.clone(),
            since: earlier.map_or(now, |earlier| earlier.since),
            seen,
            told: problem.counts(),
        };
        after.insert(problem.id.clone(), known);
    }
    for (id, earlier) in before {
        if untold.looked_at(&id) {
            if earlier.told {
                let Known { status, says, .. } = earlier;
                changes.push(Changed {
                    ct,
                    id,
                    change: Change::Gone,
                    status,
                    says,
                });
            }
        } else {
            after.insert(id, earlier);
        }
    }
    after
}

/// What a row says nothing of: not seeing a problem where nobody looked is no recovery.
struct NotLookedAt {
    anything: bool,
    ids: BTreeSet<String>,
}

impl NotLookedAt {
    fn looked_at(&self, id: &str) -> bool {
        // Without its list, a check was run for none of the items.
        let check = id.split_once('[').map_or(id, |(check, _)| check);
        !self.anything && !self.ids.contains(id) && !self.ids.contains(check)
    }
}

fn not_looked_at(row: &Row) -> NotLookedAt {
    let ids = match &row.visit {
        Visited::Skipped(_) => BTreeSet::new(),
        Visited::Visited(found) => found
            .checks
            .iter()
            .filter(|check| matches!(check.outcome, Outcome::Errored | Outcome::Skipped))
            .map(|check| check.id.clone())
            .chain(found.open.iter().cloned())
            .collect(),
    };
    let unreachable = row
        .problems()
        .iter()
        .any(|problem| problem.id == UNREACHABLE);
    NotLookedAt {
        anything: unreachable,
        ids,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::row::{CheckLine, Found, Problem, UNFINISHED};

    const NOW: i64 = 1_000;

    fn problem(id: &str, status: Status) -> Problem {
        Problem {
            id: id.to_owned(),
            status,
            says: format!("{id} is {}", status.word()),
            silent: None,
        }
    }

    /// A container with these problems, in which the check `disk` was run.
    fn row(ct: u32, problems: Vec<Problem>) -> Row {
        let checks = vec![CheckLine {
            id: "disk".to_owned(),
            outcome: Outcome::Passed,
            observed: String::new(),
            severity: None,
            duration_ms: None,
            metric: None,
        }];
        Row {
            ct,
            node: "pve1".to_owned(),
            name: None,
            started_at: None,
            duration_ms: None,
            visit: Visited::Visited(Found {
                verdict: None,
                problems,
                checks,
                open: Vec::new(),
            }),
        }
    }

    fn not_run(mut row: Row) -> Row {
        if let Visited::Visited(found) = &mut row.visit {
            found.checks[0].outcome = Outcome::Errored;
        }
        row
    }

    /// What differs after each of these sweeps of container 958, in words.
    fn told(confirm: u32, sweeps: Vec<Row>) -> Vec<Vec<String>> {
        let mut memory = Memory::default();
        sweeps
            .into_iter()
            .map(|row| {
                let there = BTreeSet::from([958]);
                let changes = memory.advance(&mut [row], &there, confirm, NOW);
                changes
                    .iter()
                    .map(|it| format!("{:?} {} {:?}", it.change, it.id, it.status))
                    .collect()
            })
            .collect()
    }

    fn disk(status: Status) -> Row {
        row(958, vec![problem("disk", status)])
    }

    fn well() -> Row {
        row(958, vec![])
    }

    const NONE: [&str; 0] = [];

    #[test]
    fn only_what_differs_is_told() {
        let sweeps = vec![
            disk(Status::Warning),
            disk(Status::Warning),
            disk(Status::Critical),
            disk(Status::Warning),
            well(),
            well(),
        ];
        let told = told(1, sweeps);
        assert_eq!(told[0], ["New disk Warning"]);
        assert_eq!(told[1], NONE);
        assert_eq!(told[2], ["Worse disk Critical"]);
        assert_eq!(told[3], ["Better disk Warning"]);
        assert_eq!(told[4], ["Gone disk Warning"]);
        assert_eq!(told[5], NONE);
    }

    #[test]
    fn what_cannot_be_told_any_more_is_not_better() {
        let told = told(
            1,
            vec![disk(Status::Critical), disk(Status::Unknown), well()],
        );
        assert_eq!(told[1], ["New disk Unknown"]);
        assert_eq!(told[2], ["Gone disk Unknown"]);
    }

    #[test]
    fn a_fault_that_flaps_is_not_told_until_it_stays() {
        let bad = || disk(Status::Critical);
        let told = told(
            3,
            vec![bad(), bad(), well(), bad(), bad(), bad(), bad(), well()],
        );
        for early in [0, 1, 2, 3, 4] {
            assert_eq!(told[early], NONE, "{early}");
        }
        assert_eq!(told[5], ["New disk Critical"]);
        assert_eq!(told[6], NONE);
        assert_eq!(told[7], ["Gone disk Critical"]);
    }

    #[test]
    fn what_was_not_seen_often_enough_does_not_count() {
        let mut memory = Memory::default();
        let mut rows = [disk(Status::Critical)];
        memory.advance(&mut rows, &BTreeSet::from([958]), 2, NOW);
        assert_eq!(rows[0].status(), Some(Status::Ok));
        assert_eq!(
            rows[0].problems()[0].silent.as_deref(),
            Some("seen 1 of 2 times")
        );
        let mut rows = [disk(Status::Critical)];
        memory.advance(&mut rows, &BTreeSet::from([958]), 2, NOW);
        assert_eq!(rows[0].status(), Some(Status::Critical));
    }

    #[test]
    fn where_nobody_looked_nothing_has_gone() {
        let lost = row(958, vec![problem(UNREACHABLE, Status::Unknown)]);
        let mut skipped = well();
        skipped.visit = Visited::Skipped("it is stopped".to_owned());
        let sweeps = vec![
            disk(Status::Critical),
            not_run(well()),
            lost,
            skipped,
            disk(Status::Critical),
            well(),
        ];
        let told = told(1, sweeps);
        assert_eq!(told[0], ["New disk Critical"]);
        assert_eq!(told[1], NONE);
        assert_eq!(told[2], ["New unreachable Unknown"]);
        assert_eq!(told[3], NONE);
        assert_eq!(told[4], ["Gone unreachable Unknown"]);
        assert_eq!(told[5], ["Gone disk Critical"]);
    }

    #[test]
    fn what_was_an_item_is_not_gone_where_the_items_were_not_to_be_had() {
        let item = || row(958, vec![problem("disk[/srv]", Status::Critical)]);
        let told = told(1, vec![item(), not_run(well()), item(), well()]);
        assert_eq!(told[0], ["New disk[/srv] Critical"]);
        assert_eq!(told[1], NONE, "nobody knows the items");
        assert_eq!(told[2], NONE);
        assert_eq!(told[3], ["Gone disk[/srv] Critical"]);
    }

    #[test]
    fn what_explains_a_problem_is_not_gone_while_it_may_still_hold() {
        let hypothesis = || row(958, vec![problem("out-of-memory", Status::Critical)]);
        let mut open = well();
        if let Visited::Visited(found) = &mut open.visit {
            found.open = vec!["out-of-memory".to_owned()];
        }
        let told = told(1, vec![hypothesis(), open, hypothesis(), well()]);
        assert_eq!(told[0], ["New out-of-memory Critical"]);
        assert_eq!(told[1], NONE);
        assert_eq!(told[2], NONE);
        assert_eq!(told[3], ["Gone out-of-memory Critical"]);
    }

    #[test]
    fn a_sweep_that_did_not_see_a_container_to_its_end_is_not_its_last() {
        let mut memory = Memory::default();
        let there = BTreeSet::from([958]);
        memory.advance(&mut [well()], &there, 1, NOW);
        for id in [UNREACHABLE, UNFINISHED] {
            let mut cut = [row(958, vec![problem(id, Status::Unknown)])];
            memory.advance(&mut cut, &there, 1, 2 * NOW);
            assert_eq!(memory.swept_at[&958], NOW, "{id}");
        }
        memory.advance(&mut [disk(Status::Critical)], &there, 1, 3 * NOW);
        assert_eq!(memory.swept_at[&958], 3 * NOW);
    }

    #[test]
    fn a_problem_is_told_once_its_waiver_has_run_out() {
        let waived = || {
            let mut row = disk(Status::Critical);
            row.problems_mut()[0].silent = Some("waived".to_owned());
            row
        };
        let told = told(
            1,
            vec![waived(), waived(), disk(Status::Critical), waived(), well()],
        );
        assert_eq!(told[0], NONE);
        assert_eq!(told[1], NONE);
        assert_eq!(told[2], ["New disk Critical"]);
        assert_eq!(told[3], NONE);
        assert_eq!(told[4], NONE, "nobody waits for it any more");
    }

    #[test]
    fn containers_that_are_no_more_are_forgotten_and_others_kept() {
        let mut memory = Memory::default();
        let both = BTreeSet::from([958, 959]);
        let mut rows = [
            disk(Status::Critical),
            row(959, vec![problem("disk", Status::Warning)]),
        ];
        memory.advance(&mut rows, &both, 1, NOW);
        // A sweep of 958 alone says nothing of 959.
        memory.advance(&mut [well()], &both, 1, 2 * NOW);
        assert_eq!(memory.known.keys().copied().collect::<Vec<_>>(), [959]);
        assert_eq!(memory.known[&959]["disk"].since, NOW);
        assert_eq!(memory.swept_at[&958], 2 * NOW);
        memory.advance(&mut [], &BTreeSet::from([958]), 1, 3 * NOW);
        assert_eq!(memory.known.len(), 0);
        assert_eq!(memory.swept_at.len(), 1);
        // One that is asked for and is not there is told of once.
        let lost = || [row(999, vec![problem(UNREACHABLE, Status::Unknown)])];
        let none = BTreeSet::new();
        assert_eq!(memory.advance(&mut lost(), &none, 1, 4 * NOW).len(), 1);
        assert_eq!(memory.advance(&mut lost(), &none, 1, 5 * NOW).len(), 0);
    }
}
