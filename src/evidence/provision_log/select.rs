//! Selects the failure in a log that counts: its time, message and kind are used.

use std::collections::HashSet;

use super::{FailureKind, LoggedFailure, Owner, Said, names};
use crate::evidence::time::Interval;

/// The failure that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected<'a> {
    /// The time; absent without a timestamp.
    pub at: Option<Interval>,
    pub failure: &'a LoggedFailure,
    /// What the command said; absent if the log does not show which of several messages counts.
    pub said: Option<Said>,
    /// Whether systemd answered each command whose failure may be the one that counts.
    pub is_answered: bool,
}

/// Why a log has no failure that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NoFailure {
    /// No log was given.
    #[error("give the provisioning log with --log")]
    NoLog,
    /// No failure of this kind.
    #[error("the provisioning log has no such failure")]
    None,
    /// Only failures of other containers.
    #[error("the failures in the provisioning log are from other containers")]
    OtherContainers,
    /// The failures may be from this container or from another one.
    #[error("the provisioning log does not show which container its failures are from")]
    Unclear,
    /// Only failures of earlier runs.
    #[error("the last run in the provisioning log has no such failure")]
    EarlierRuns,
    /// Only failures of other units.
    #[error("the failures in the provisioning log are from other units")]
    OtherUnits,
    /// Several, of different kinds, and perhaps of different runs.
    #[error(
        "the provisioning log has several failures and does not show which are from the last run"
    )]
    Several,
}

/// The failure of a command that asked systemd, about `unit` if the unit is known.
///
/// # Errors
/// The log does not show which it is.
pub fn failed_command<'a>(
    log: &'a [LoggedFailure],
    unit: Option<&str>,
) -> Result<Selected<'a>, NoFailure> {
    let commands = log.iter().filter(|it| it.kind != FailureKind::Push);
    select(commands.collect(), unit)
}

/// The failure of a push, likewise.
///
/// # Errors
/// The log does not show which it is.
pub fn failed_push<'a>(
    log: &'a [LoggedFailure],
    unit: Option<&str>,
) -> Result<Selected<'a>, NoFailure> {
    let pushes = log.iter().filter(|it| it.kind == FailureKind::Push);
    select(pushes.collect(), unit)
}

/// The first failure in this container's last run: later ones are retries. A failure that names the unit
/// comes before one that names none; one that names other units does not count.
fn select<'a>(
    mut failures: Vec<&'a LoggedFailure>,
    unit: Option<&str>,
) -> Result<Selected<'a>, NoFailure> {
    let mut narrow = |keep: &dyn Fn(&LoggedFailure) -> bool, otherwise| {
        failures.retain(|failure| keep(failure));
        if failures.is_empty() {
            Err(otherwise)
        } else {
            Ok(())
        }
    };
    narrow(&|_| true, NoFailure::None)?;
    narrow(
        &|it| it.owner != Owner::AnotherContainer,
        NoFailure::OtherContainers,
    )?;
    narrow(&|it| it.owner == Owner::ThisContainer, NoFailure::Unclear)?;
    narrow(
        &|it| it.later_runs.unwrap_or(0) == 0,
        NoFailure::EarlierRuns,
    )?;
    if let Some(unit) = unit {
        narrow(&|it| is_of(it, unit) != Some(false), NoFailure::OtherUnits)?;
        if failures.iter().any(|it| is_of(it, unit) == Some(true)) {
            failures.retain(|it| is_of(it, unit) == Some(true));
        }
    }
    let (Some(first), Some(last)) = (failures.first(), failures.last()) else {
        return Err(NoFailure::None);
    };
    if first.later_runs.is_some() {
        return Ok(Selected {
            at: first.at,
            failure: first,
            said: Some(Said::of(first)),
            is_answered: Said::of(first).is_answer(),
        });
    }
    // Retries, or several runs: the time is between the first and the last.
    if failures.iter().any(|it| it.kind != first.kind) {
        return Err(NoFailure::Several);
    }
    let at = first
        .at
        .zip(last.at)
        .map(|(first, last)| Interval::spanning(first, last));
    let said = Said::of(first);
    let all_say_it = failures.iter().all(|it| Said::of(it) == said);
    Ok(Selected {
        at,
        failure: first,
        said: all_say_it.then_some(said),
        is_answered: failures.iter().all(|it| Said::of(it).is_answer()),
    })
}

/// The units of the failures of this container's last run, in the log's order, each once.
pub fn failed_units(log: &[LoggedFailure]) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    let counts = |it: &&LoggedFailure| {
        it.kind != FailureKind::Push
            && it.owner == Owner::ThisContainer
            && it.later_runs.unwrap_or(0) == 0
    };
    for failure in log.iter().filter(counts) {
        let in_command = failure.units.iter().map(String::as_str);
        let named = names::units(&failure.text).chain(in_command);
        // The others are of the directories of links.
        let service = named.filter(|unit| !unit.ends_with(".target")).last();
        if let Some(unit) = service.filter(|unit| known.insert(*unit)) {
            units.push(unit.to_owned());
        }
    }
    units
}

/// Whether a failure is about this unit; `None` if it names none.
fn is_of(failure: &LoggedFailure, unit: &str) -> Option<bool> {
    let is_named = |name: &str| name == unit || is_template_of(name, unit);
    // Beside those of the command, the units in a message are others.
    if !failure.units.is_empty() {
        return Some(failure.units.iter().any(|name| is_named(name)));
    }
    let mut named = names::units(&failure.text).peekable();
    named.peek()?;
    Some(named.any(is_named))
}

/// Whether this is the template of the unit, as `worker@.service` is of `worker@a.service`.
pub fn is_template_of(template: &str, unit: &str) -> bool {
    let parts = template.split_once("@.").zip(unit.split_once('@'));
    parts.is_some_and(|((name, ending), (own_name, rest))| {
        name == own_name && rest.rsplit_once('.').is_some_and(|(_, own)| own == ending)
    })
}
