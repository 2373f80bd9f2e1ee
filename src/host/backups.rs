//! The backups of a container: the last one in the task log of its node, and the job that makes them.

use super::config::is_true;
use super::container::{MAX_CONFIG, NODES};
use super::sections::{Section, parse_sections};
use super::upid::{Entry, final_status, is_ok};
use super::{Host, HostError, clock};
use crate::evidence::container_id::ContainerId;
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::time::{FILE_STAMP_SLACK, Interval};

/// The jobs of the cluster. The cluster file system has no file over 1 MiB.
const JOBS: &str = "etc/pve/jobs.cfg";
/// Most tasks to look at. Of another node, the copies have the last 10.
const MOST_TASKS: usize = 64;
const MOST_COPIED_TASKS: usize = 10;
/// Most bytes to read of the output of a task.
const MAX_OUTPUT: u64 = 4 * 1024 * 1024;
const DAY: i64 = 86_400;
/// How much later than scheduled a backup may end, in days.
const SLACK: i64 = 1;

/// What a task did for a container.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    BackedUp,
    Failed(String),
    /// The task is about other containers, or has not ended.
    Nothing,
    Unknown,
}

/// What the task log shows.
#[derive(Debug, Default)]
struct Logged {
    /// The end of the last backup.
    last: Option<Interval>,
    /// A later task that failed: its ID, its end and the reason.
    failed: Option<(String, Interval, String)>,
    /// The log shows that the container has not been backed up since then, except for `failed`.
    since: Option<Interval>,
}

impl Host {
    /// The backups of a container, as the task log of its node shows them: `last`, the end of the last one; `failed_at`,
    /// `error` and `upid` of a later one that failed. If an enabled job selects the container: `job`, its `schedule`,
    /// `allowed`, the seconds in which it makes a backup at the latest, and `counted_from`, when these begin: the last
    /// backup, or the last change of the jobs or of the container's configuration. Unknown ones are absent.
    ///
    /// # Errors
    /// As [`Self::tasks`] and [`Self::find_any`], except that a host without Proxmox VE has no backups.
    pub fn backups(&self, ct: ContainerId) -> Result<Facts, HostError> {
        let found = self.find_any(ct);
        let (found, logged) = match found.and_then(|found| Ok((found, self.logged_backups(ct)?))) {
            Err(error) if error.is_unknown() => return Ok(Facts::new()),
            it => it?,
        };
        let mut facts = Facts::new();
        let mut add = |name: &str, fact: Option<Fact>| {
            facts.extend(fact.map(|fact| (name.to_owned(), fact)));
        };
        add("last", logged.last.map(Fact::Time));
        if let Some((upid, at, error)) = logged.failed {
            add("failed_at", Some(Fact::Time(at)));
            add("error", Some(Fact::Text(error)));
            add("upid", Some(Fact::Text(upid)));
        }
        let Ok((jobs, jobs_written)) = self.dated_text(JOBS, MAX_CONFIG) else {
            return Ok(facts);
        };
        let pool = self.pools().remove(&ct);
        let sections = parse_sections(&jobs);
        let selecting = sections
            .iter()
            .filter(|job| selects(job, ct, &found.node, pool.as_deref()));
        let days = |job: &Section| job.setting("schedule").and_then(longest_gap);
        let Some(job) = selecting.min_by_key(|job| days(job).unwrap_or(i64::MAX)) else {
            return Ok(facts);
        };
        add("job", Some(Fact::Text(job.id.clone())));
        let schedule = job.setting("schedule").map(str::to_owned);
        add("schedule", schedule.map(Fact::Text));
        let allowed = days(job).map(|days| Fact::Int((days + SLACK) * DAY));
        add("allowed", allowed);
        let config = format!("{NODES}/{}/lxc/{ct}.conf", found.node);
        let written = self.dated_text(&config, MAX_CONFIG).ok();
        let since = logged.since.zip(written).map(|(since, (_, written))| {
            let change = jobs_written.max(written);
            Interval::later(
                since,
                Interval::new(change, change.saturating_add(FILE_STAMP_SLACK)),
            )
        });
        add("counted_from", since.map(Fact::Time));
        Ok(facts)
    }

    fn logged_backups(&self, ct: ContainerId) -> Result<Logged, HostError> {
        let entries = self.entries()?;
        let boot = self.boot();
        let began = |entry: &Entry| clock::begin(&entry.upid, boot);
        let id = ct.to_string();
        // Starts of all containers count because they are among the last ones that are copied from another node.
        let relevant = |entry: &&Entry| match entry.upid.kind.as_str() {
            "vzdump" => entry.upid.id.is_empty() || entry.upid.id == id,
            "startall" => true,
            _ => false,
        };
        let mut tasks: Vec<_> = entries.iter().filter(relevant).collect();
        tasks.sort_by_key(|task| std::cmp::Reverse((began(task).start, task.upid.ticks)));
        let most = match self.is_copy() {
            true => MOST_COPIED_TASKS,
            false => MOST_TASKS,
        };
        let mut logged = Logged::default();
        for task in tasks.iter().take(most) {
            let begin = began(task);
            let at = task
                .end
                .map_or(begin, |noted| clock::end(begin, noted, None));
            match self.outcome(task, ct) {
                Outcome::Nothing => {}
                Outcome::Failed(error) => {
                    let upid = task.upid.text.clone();
                    logged.failed.get_or_insert((upid, at, error));
                }
                Outcome::BackedUp => {
                    (logged.last, logged.since) = (Some(at), Some(at));
                    return Ok(logged);
                }
                Outcome::Unknown => {
                    logged.since = Some(at);
                    return Ok(logged);
                }
            }
        }
        logged.since = match tasks.get(most.saturating_sub(1)) {
            Some(task) => Some(began(task)),
            None => entries.iter().map(began).min_by_key(|begin| begin.start),
        };
        Ok(logged)
    }

    fn outcome(&self, task: &Entry, ct: ContainerId) -> Outcome {
        if task.upid.kind != "vzdump" {
            return Outcome::Nothing;
        }
        let output = self.read_text(task.upid.output_path(), MAX_OUTPUT).ok();
        let said = output.as_deref().and_then(|output| said(output, ct));
        if let Some(outcome) = said {
            return outcome;
        }
        if task.end.is_none() && self.is_running(&task.upid) {
            return Outcome::Nothing;
        }
        if task.upid.id.is_empty() {
            return match output {
                Some(output) if (output.len() as u64) < MAX_OUTPUT => Outcome::Nothing,
                _ => Outcome::Unknown,
            };
        }
        let written = || final_status(output.as_deref()?.as_bytes());
        match task.status.clone().or_else(written) {
            Some(status) if is_ok(&status) => Outcome::BackedUp,
            Some(status) => Outcome::Failed(status),
            None => Outcome::Unknown,
        }
    }
}

/// What the output of a task says about the backup of a container.
fn said(output: &str, ct: ContainerId) -> Option<Outcome> {
    let finished = format!("INFO: Finished Backup of VM {ct} (");
    let failed = format!("ERROR: Backup of VM {ct} failed - ");
    output.lines().rev().find_map(|line| {
        if line.starts_with(&finished) {
            return Some(Outcome::BackedUp);
        }
        let reason = line.strip_prefix(&failed)?;
        Some(Outcome::Failed(reason.to_owned()))
    })
}

/// Whether a job backs up a container on its own, by the rules of `get_included_guests` of Proxmox VE.
fn selects(job: &Section, ct: ContainerId, node: &str, pool: Option<&str>) -> bool {
    let lists = |key: &str| {
        let ids = job.setting(key).unwrap_or_default();
        ids.split([',', ' ', ';'])
            .any(|id| id.parse() == Ok::<_, <ContainerId as std::str::FromStr>::Err>(ct))
    };
    let is_on = |key: &str| job.setting(key).is_some_and(is_true);
    let enabled = job.setting("enabled").is_none_or(is_true);
    if job.kind != "vzdump" || !enabled || job.setting("node").is_some_and(|only| only != node) {
        return false;
    }
    match (job.setting("pool"), job.setting("vmid")) {
        (Some(wanted), _) => pool == Some(wanted) && !lists("exclude"),
        (None, Some(_)) => lists("vmid"),
        (None, None) => is_on("all") && !lists("exclude"),
    }
}

/// The most days between two runs of a schedule, rounded up generously; `None` if they are more than a month or unknown.
fn longest_gap(schedule: &str) -> Option<i64> {
    let mut most = 1;
    for word in schedule.to_lowercase().split_ascii_whitespace() {
        let days = match word {
            "minutely" | "hourly" | "daily" => 1,
            "weekly" => 7,
            "monthly" => 31,
            word if word.contains(':') => 1,
            word if word.starts_with(|c: char| c.is_ascii_alphabetic()) => weekdays(word)?,
            word if word.contains('-') => date(word)?,
            // Minutes.
            _ => 1,
        };
        most = most.max(days);
    }
    Some(most)
}

fn weekdays(word: &str) -> Option<i64> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let mut days = word.split([',', '.']).filter(|day| !day.is_empty());
    let known = |day: &str| NAMES.iter().any(|name| day.starts_with(name));
    days.all(known).then_some(7)
}

/// `[[YEARS-]MONTHS-]DAYS`. With weekdays beside it, such as the first Saturday of a month, five weeks can pass.
fn date(word: &str) -> Option<i64> {
    let mut parts = word.rsplit('-');
    let day = parts.next()?;
    let first: String = day.chars().take_while(char::is_ascii_digit).collect();
    let is_in_every_month = day.starts_with('*') || first.parse::<u32>().is_ok_and(|day| day <= 28);
    (is_in_every_month && parts.all(|part| part == "*")).then_some(35)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_of_a_schedule_is_never_too_short() {
        for (schedule, days) in [
            ("02:30", Some(1)),
            ("*/2:00", Some(1)),
            ("0/15", Some(1)),
            ("daily", Some(1)),
            ("mon..fri 03:00", Some(7)),
            ("sat,Sun 1:00", Some(7)),
            ("weekly", Some(7)),
            ("monthly", Some(31)),
            ("*-*-1 02:00", Some(35)),
            ("sat *-1..7 15:00", Some(35)),
            ("*-31 15:00", None),
            ("*-1-15 00:00", None),
            ("2026-*-1 00:00", None),
            ("yearly", None),
            ("quarterly", None),
        ] {
            assert_eq!(longest_gap(schedule), days, "{schedule}");
        }
    }
}
