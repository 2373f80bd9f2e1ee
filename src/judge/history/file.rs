//! When the file became visible and complete, and its state at the moment of the failure.

use super::{Entry, Known, Observations, Stamps, State};
use crate::evidence::time::Interval;

const DANGLING: &str = "the file is a dangling symbolic link, and it is unknown since when";

/// What came since says nothing about the attempt that failed.
pub(super) const CREATED_SINCE: &str =
    "the container was created, restored or rolled back since the failure";

impl Observations {
    /// When the file came to its path: after its birth, and before its status and its directory last changed.
    /// A rename, a chmod or a neighbouring file can have set these, so that no narrower interval is certain.
    pub(super) fn visible(&self) -> Known<Interval> {
        let (own, target) = self.present()?;
        let born = own.born.ok_or_else(no_birth)?;
        let entered = self.entered(own)?;
        let entry = Interval::new(born.start, entered.end);
        let Some(target) = target else {
            return Ok(entry);
        };
        let content = Interval::new(target.born.ok_or_else(no_birth)?.start, target.changed.end);
        Ok(Interval::later(entry, content))
    }

    /// When the file most probably came to its path. If its status and its directory changed within one tick of the
    /// clock, it was created or renamed then. Without a birth time, nothing else shows it.
    pub(super) fn arrival(&self) -> Known<Interval> {
        if let (Ok(failed_at), Ok(created)) = (self.failed_at(), self.created())
            && created.before(failed_at) != Some(true)
        {
            return Err(CREATED_SINCE.to_owned());
        }
        let (own, target) = self.present()?;
        let is_one_tick = own.changed.before(self.directory()?.modified).is_none();
        if target.is_some() || own.born.is_some() && !is_one_tick {
            return self.visible();
        }
        self.entered(own)
    }

    /// The latest that the file came to its path, as an interval: its last change, or that of its directory.
    fn entered(&self, own: Stamps) -> Known<Interval> {
        self.stamps_are_of_events()?;
        let entered = Interval::earlier(own.changed, self.directory()?.modified);
        if own
            .born
            .is_some_and(|born| entered.before(born) == Some(true))
        {
            let reason = "the timestamps of the file and its directory contradict each other";
            return Err(reason.to_owned());
        }
        let first = own.born.unwrap_or(entered);
        if let Ok(created) = self.created()
            && created.before(first) != Some(true)
        {
            let reason =
                "the timestamps are from the creation, restore or rollback of the container";
            return Err(reason.to_owned());
        }
        Ok(entered)
    }

    /// When the content was last written. A copied modification time lies before the birth: the content is then of
    /// some moment from the birth to the last change.
    pub(super) fn complete(&self) -> Known<Interval> {
        let (own, target) = self.present()?;
        self.stamps_are_of_events()?;
        let content = target.unwrap_or(own);
        let born = content.born.ok_or_else(no_birth)?;
        if content.modified.before(born) == Some(true)
            || content.changed.before(content.modified) == Some(true)
        {
            return Ok(Interval::new(born.start, content.changed.end));
        }
        Ok(Interval::later(content.modified, born))
    }

    /// Since when neither the file nor its directory has changed. What was before the container's creation is unknown.
    pub(super) fn unchanged_since(&self) -> Known<Interval> {
        let changed = self.last_change()?;
        Ok(self
            .created()
            .map_or(changed, |created| Interval::later(changed, created)))
    }

    /// Whether neither the file nor its directory has changed since the container was created for the first time.
    pub(super) fn is_untouched(&self) -> Known<bool> {
        if !self.is_new() {
            return Err("what the container was before is unknown".to_owned());
        }
        self.last_change()?
            .before(self.created()?)
            .ok_or_else(|| "the last change was at about the time of the creation".to_owned())
    }

    fn last_change(&self) -> Known<Interval> {
        self.stamps_are_of_events()?;
        let directory = self.directory()?;
        let mut since = Interval::later(directory.changed, self.parent.clone()?.changed);
        match self.entry.as_ref().map_err(Clone::clone)? {
            Entry::Absent => {}
            Entry::Present { own, target } => {
                since = Interval::later(since, own.changed);
                since = target.map_or(since, |target| Interval::later(since, target.changed));
            }
            Entry::Dangling => return Err(DANGLING.to_owned()),
        }
        Ok(since)
    }

    /// The state of the file when the command failed.
    pub(super) fn state_at_failure(&self) -> Known<State> {
        self.state_at(self.certain_failure()?)
    }

    /// Whether nothing is at the path, and its directory has not changed since the latest moment of the failure. A line of
    /// a log is written up to a second later, so that the directory may have changed between the two.
    pub(super) fn is_still_absent(&self) -> Known<bool> {
        let latest = Interval::at(self.certain_failure()?.end);
        self.is_comparable_with(latest)?;
        let is_unchanged = self.unchanged_since()?.before(latest) == Some(true);
        Ok(self.entry == Ok(Entry::Absent) && is_unchanged)
    }

    /// The same for a command that failed then.
    pub(super) fn state_at(&self, failed_at: Interval) -> Known<State> {
        self.is_comparable_with(failed_at)?;
        if self.unchanged_since()?.before(failed_at) == Some(true) {
            return Ok(State::AsNow);
        }
        if self.is_being_written_at(failed_at) {
            return Ok(State::Incomplete);
        }
        match self.visible().map(|visible| failed_at.before(visible)) {
            Ok(Some(true)) => Ok(State::Absent),
            Ok(_) => Err("the file or its directory has changed since the failure".to_owned()),
            Err(reason) => Err(reason),
        }
    }

    /// An error if what was at the path at a moment may have been in another state of the container, or on another mount.
    fn is_comparable_with(&self, failed_at: Interval) -> Known<()> {
        if let Ok(created) = self.created()
            && created.before(failed_at) != Some(true)
        {
            return Err(CREATED_SINCE.to_owned());
        }
        if let Some(text) = self.unmounted_since(failed_at) {
            return Err(format!(
                "a file system was unmounted after the failure ({text})"
            ));
        }
        match self.has_booted_since(failed_at)? {
            true => Err("the container was restarted after the failure".to_owned()),
            false => Ok(()),
        }
    }

    /// Whether the stamps show when things happened here.
    fn stamps_are_of_events(&self) -> Known<()> {
        if self.clock_was_set() {
            return Err("the clock was set".to_owned());
        }
        for path in [&self.path, &self.resolved] {
            let mounts = self.mounts.as_ref().map_err(Clone::clone)?;
            if let Some(mount) = mounts.iter().find(|mount| lies_in(path, mount)) {
                return Err(format!(
                    "{mount} is a mount point, and it is unknown since when"
                ));
            }
        }
        let inodes = match &self.entry {
            Ok(Entry::Present { own, target }) => [Some(*own), *target],
            _ => [None, None],
        };
        let contradicts = |stamps: Stamps| {
            let born = stamps
                .born
                .filter(|born| stamps.changed.before(*born) == Some(true));
            born.is_some()
        };
        match inodes.into_iter().flatten().any(contradicts) {
            true => Err("the file changed before its birth: the clock was set".to_owned()),
            false => Ok(()),
        }
    }

    /// The message about a file system that hid the file until after a moment.
    fn unmounted_since(&self, moment: Interval) -> Option<&str> {
        self.journal
            .iter()
            .flatten()
            .filter(|message| message.at.before(moment) != Some(true))
            .filter(|message| {
                let unit = message.text.split_once(".mount: ").map(|(unit, _)| unit);
                unit.is_some_and(|unit| {
                    [&self.path, &self.resolved]
                        .iter()
                        .any(|path| hides(unit, path))
                })
            })
            .map(|message| message.text.as_str())
            .next()
    }

    pub(super) fn present(&self) -> Known<(Stamps, Option<Stamps>)> {
        match self.entry.as_ref().map_err(Clone::clone)? {
            Entry::Absent => Err(format!("{} does not exist", self.path)),
            Entry::Dangling => Err(DANGLING.to_owned()),
            Entry::Present { own, target } => Ok((*own, *target)),
        }
    }

    pub(super) fn directory(&self) -> Known<Stamps> {
        self.directory.clone()
    }
}

/// Whether a path lies below a mount point other than the root.
fn lies_in(path: &str, mount: &str) -> bool {
    mount != "/"
        && path
            .strip_prefix(mount)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the mount unit of this name, without its suffix, is that of a directory above the path.
fn hides(unit: &str, path: &str) -> bool {
    let escaped = path
        .trim_start_matches('/')
        .replace('-', "\\x2d")
        .replace('/', "-");
    escaped
        .strip_prefix(unit)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

pub(super) fn no_birth() -> String {
    "the file system keeps no birth time".to_owned()
}
