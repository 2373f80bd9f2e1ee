//! The container's boots, and whether systemd could answer at the moment of the failure.

use super::file::CREATED_SINCE;
use super::{Known, Message, Observations, Readiness, Task};
use crate::evidence::fact::parse_duration;
use crate::evidence::time::{Interval, SECOND};

/// A change of the offset between the wall clock and the monotonic clock that slewing cannot make within hours.
const CLOCK_STEP: i64 = 500_000_000;

/// One boot of the container's systemd.
struct Boot<'a> {
    messages: Vec<&'a Message>,
}

impl Boot<'_> {
    /// When it had finished starting.
    fn up(&self) -> Option<Interval> {
        let message = self.messages.iter().find(|it| startup(&it.text).is_some());
        message.map(|message| message.at)
    }

    /// When systemd was started: its last message about that says how long it took. Otherwise it was before the
    /// first message.
    fn started(&self) -> Option<Interval> {
        let measured = self.messages.iter().find_map(|message| {
            let took = startup(&message.text)?;
            Some(
                message
                    .at
                    .shifted(Interval::new(-took - PRECISION, PRECISION - took)),
            )
        });
        measured.or_else(|| Some(self.messages.first()?.at))
    }
}

/// `Startup finished in` names milliseconds below a second, otherwise three decimals.
const PRECISION: i64 = 1_000_000;

/// How long the start took, in nanoseconds: of `Startup finished in 762ms.`
fn startup(text: &str) -> Option<i64> {
    let took = text.strip_prefix("Startup finished in ")?;
    let took = took.trim_end_matches('.').split(" (").next()?;
    Some((parse_duration(took)? * SECOND as f64) as i64)
}

impl Observations {
    /// When systemd had finished starting, in the boot of the failure; without a failure, in the last boot.
    pub(super) fn up(&self) -> Known<Interval> {
        let boots = self.boots()?;
        self.boot(&boots)?
            .up()
            .ok_or_else(|| "systemd did not log that it finished starting".to_owned())
    }

    /// When systemd was started, in the same boot.
    pub(super) fn started(&self) -> Known<Interval> {
        let boots = self.boots()?;
        self.boot(&boots)?.started().ok_or_else(no_messages)
    }

    /// Whether systemd had finished starting when the command failed.
    pub(super) fn readiness_at_failure(&self) -> Known<Readiness> {
        let failed_at = self.certain_failure()?;
        if self.clock_was_set() {
            return Err("the clock was set".to_owned());
        }
        let boots = self.boots()?;
        match self.boot(&boots)?.up().map(|up| up.before(failed_at)) {
            Some(Some(true)) => Ok(Readiness::Ready),
            Some(None) => {
                Err("systemd finished starting at about the time of the failure".to_owned())
            }
            Some(Some(false)) | None => Ok(Readiness::Starting),
        }
    }

    /// Whether the container may have been started after a moment: what was mounted in it before is unknown then.
    pub(super) fn has_booted_since(&self, moment: Interval) -> Known<bool> {
        let starts = self
            .tasks
            .iter()
            .flatten()
            .filter(|task| task.kind == "vzstart");
        let boots = self.boots()?;
        let mut all = starts
            .map(|task| task.begin)
            .chain(boots.iter().filter_map(Boot::started));
        Ok(all.any(|start| start.before(moment) != Some(true)))
    }

    /// The boot that contains the failure; without a failure, the last one.
    fn boot<'a, 'b>(&self, boots: &'a [Boot<'b>]) -> Known<&'a Boot<'b>> {
        let Ok(failed_at) = self.failed_at() else {
            return boots.last().ok_or_else(no_messages);
        };
        let began = |boot: &Boot<'_>| boot.started().and_then(|started| started.before(failed_at));
        if boots.iter().any(|boot| began(boot).is_none()) {
            return Err("systemd was started at about the time of the failure".to_owned());
        }
        boots
            .iter()
            .rfind(|boot| began(boot) == Some(true))
            .ok_or_else(|| "the journal does not reach back to the failure".to_owned())
    }

    /// The last reload before the file arrived, if neither a later reload nor anything of lxcdiag's own explains
    /// the order. It stands for the failure while that is not known.
    pub(super) fn reload_before_arrival(&self) -> Known<Interval> {
        let arrival = self.arrival()?;
        let reloads: Vec<_> = self
            .journal()?
            .iter()
            .filter(|message| is_reload(&message.text))
            .map(|message| message.at)
            .filter(|at| !self.own_changes.iter().any(|own| at.before(*own).is_none()))
            .collect();
        if reloads.iter().any(|at| at.before(arrival) != Some(true)) {
            return Err("systemd was reloaded again after the file arrived".to_owned());
        }
        let last = reloads.last().copied();
        if let (Some(last), Ok(created)) = (last, self.created())
            && created.before(last) != Some(true)
        {
            return Err(CREATED_SINCE.to_owned());
        }
        last.ok_or_else(|| "systemd logged no reload before the file arrived".to_owned())
    }

    /// Whether the wall clock was set since the first message or task that shows it.
    pub(super) fn clock_was_set(&self) -> bool {
        self.journal_shows_set_clock() || self.tasks_show_set_clock()
    }

    /// A task has its start in seconds and in ticks since the host's boot. If they do not agree, its time is a whole
    /// second. The ticks of an earlier boot never agree, but the container was started in this one.
    fn tasks_show_set_clock(&self) -> bool {
        let is_start = |task: &&Task| task.kind == "vzstart";
        let start = self.tasks.iter().flatten().rfind(is_start);
        start.is_some_and(|start| start.begin.width() >= SECOND)
    }

    /// Within a boot, the wall clock and the monotonic clock go alike.
    fn journal_shows_set_clock(&self) -> bool {
        let boots = self.boots().unwrap_or_default();
        boots.iter().any(|boot| {
            let mut readings: Vec<_> = boot
                .messages
                .iter()
                .filter_map(|message| Some((message.monotonic?, message.at.start)))
                .collect();
            readings.sort_unstable();
            let offset =
                |(monotonic, at): &(i64, i64)| at.saturating_sub(monotonic.saturating_mul(1_000));
            readings
                .iter()
                .zip(readings.iter().skip(1))
                .any(|(one, next)| {
                    offset(next).saturating_sub(offset(one)).saturating_abs() > CLOCK_STEP
                })
        })
    }

    pub(super) fn journal(&self) -> Known<&[Message]> {
        self.journal.as_deref().map_err(Clone::clone)
    }

    /// The boots, the earliest first.
    fn boots(&self) -> Known<Vec<Boot<'_>>> {
        let mut boots: Vec<Boot<'_>> = Vec::new();
        for message in self.journal()? {
            match boots
                .iter_mut()
                .find(|boot| boot.messages.iter().any(|other| other.boot == message.boot))
            {
                Some(boot) => boot.messages.push(message),
                None => boots.push(Boot {
                    messages: vec![message],
                }),
            }
        }
        Ok(boots)
    }
}

fn no_messages() -> String {
    "the journal has no message of systemd".to_owned()
}

fn is_reload(text: &str) -> bool {
    text.strip_prefix("Reloading")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b == b'.'))
}
