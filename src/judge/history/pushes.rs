//! Which push wrote the file, and which failed.

use super::file::no_birth;
use super::{Delivery, Known, Observations, Task};
use crate::evidence::fact::Facts;
use crate::evidence::provision_log::Said;
use crate::evidence::time::{Interval, SECOND};
use crate::evidence::trace::TracedPush;

/// A push that begins so long after the failure was started after it: until its task begins, `pct` takes 1.2 s of CPU.
const PUSH_START: i64 = 3 * SECOND;

/// A push ends so long after its last write at most, as its task has nothing else to do.
const LAST_WRITE: i64 = SECOND;
/// A push opens the file so long after its beginning at most, if nothing keeps it.
const OPENED: i64 = SECOND / 10;

/// How many wrong, missing, added or swapped letters still count as a misspelling.
const MISSPELLINGS: usize = 2;
/// `rsync.service` and `msync.service` are different names.
const SHORT: usize = 13;

/// Where systemd looks for unit files of the system, in the container.
const UNIT_DIRECTORIES: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// A failed push of the attempt that failed.
#[derive(Debug, Clone)]
pub(super) struct FailedPush<'a> {
    task: &'a Task,
    subject: Subject,
}

/// What the message of a failed push names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    File,
    Directory,
    /// Something that may stand for the file: its source, a relative path.
    Similar,
    Nothing,
}

impl FailedPush<'_> {
    pub(super) fn record(&self) -> Facts {
        self.task.record.clone()
    }

    pub(super) const fn subject(&self) -> &'static str {
        match self.subject {
            Subject::File => "file",
            Subject::Directory => "directory",
            Subject::Similar => "similar",
            Subject::Nothing => "nothing",
        }
    }
}

impl Task {
    /// The same with the time of the call that began it, if it is a push of a trace. Several calls that may have begun
    /// it make one interval.
    pub(super) fn with_call(self, pushes: &[TracedPush]) -> Self {
        let may_have_begun = |push: &&TracedPush| {
            self.kind == "push_file"
                && push.called.before(self.begin) != Some(false)
                && push
                    .ended
                    .is_none_or(|end| self.begin.before(end) != Some(false))
        };
        let calls = pushes.iter().filter(may_have_begun);
        let called = calls.map(|push| push.called).reduce(Interval::spanning);
        Self { called, ..self }
    }
}

impl Observations {
    /// When the container was created, restored, cloned or rolled back last. What came before left no stamps.
    pub(super) fn created(&self) -> Known<Interval> {
        self.creation().map(creation_end)
    }

    /// Whether the container is a new one, and not a former state of itself.
    pub(super) fn is_new(&self) -> bool {
        self.creation()
            .is_ok_and(|task| matches!(task.kind.as_str(), "vzcreate" | "vzclone"))
    }

    fn creation(&self) -> Known<&Task> {
        let created = self.tasks()?.iter().filter(|task| {
            matches!(
                task.kind.as_str(),
                "vzcreate" | "vzrestore" | "vzclone" | "vzrollback"
            ) && task.ok != Some(false)
        });
        created
            .max_by_key(|task| creation_end(task).end)
            .ok_or_else(|| "the task log does not show when the container was created".to_owned())
    }

    /// Whether the push that wrote the file had begun when the command failed.
    pub(super) fn delivery(&self) -> Known<Delivery> {
        let failed_at = self.certain_failure()?;
        let delivery = self.delivery_at(failed_at)?;
        if delivery == Delivery::Later && self.pushes()?.any(|push| ran_at(push, failed_at)) {
            let reason = "another push was running at the failure, and what it wrote is unknown";
            return Err(reason.to_owned());
        }
        Ok(delivery)
    }

    /// The same for the last reload before the file arrived, which stands for an unknown failure.
    pub(super) fn delivery_at_reload(&self) -> Known<Delivery> {
        self.delivery_at(self.reload_before_arrival()?)
    }

    fn delivery_at(&self, failed_at: Interval) -> Known<Delivery> {
        let (own, target) = self.present()?;
        if target.is_some() {
            let made = match own.changed.before(failed_at) {
                Some(true) => None,
                Some(false) => Some("after"),
                None => Some("at about the time of"),
            };
            if let Some(when) = made {
                return Err(format!("the symbolic link was made {when} the failure"));
            }
        }
        let writers = self.writers()?;
        if writers.is_empty() {
            return if self.task_log_reaches(failed_at)? {
                Ok(Delivery::NotPushed)
            } else {
                Err("the task log does not reach back to the failure".to_owned())
            };
        }
        let all = |holds: &dyn Fn(&Task) -> bool| writers.iter().all(|push| holds(push));
        let later = failed_at.shifted(Interval::at(PUSH_START));
        if all(&|push| push.called.unwrap_or(push.begin).before(failed_at) == Some(true)) {
            match all(&|push| self.wrote_last(push)) {
                true => Ok(Delivery::Racing),
                false => Err("something else may have written the file since".to_owned()),
            }
        } else if all(&|push| later.before(push.begin) == Some(true)) {
            Ok(Delivery::Later)
        } else {
            Err("the push began at about the time of the failure".to_owned())
        }
    }

    /// Whether a push that has not failed was running at the failure for certain.
    pub(super) fn was_pushed_at_failure(&self) -> Known<bool> {
        let failed_at = self.certain_failure()?;
        let ran = |push: &Task| {
            push.ok != Some(false)
                && push.begin.before(failed_at) == Some(true)
                && push
                    .end
                    .is_none_or(|end| failed_at.before(end) == Some(true))
        };
        Ok(self.pushes()?.any(ran))
    }

    /// When the only push that can have created the file began, or was called, if that is known.
    pub(super) fn creating_push_began(&self) -> Known<Interval> {
        let (own, target) = self.present()?;
        let content = target.unwrap_or(own);
        let born = content.born.ok_or_else(no_birth)?;
        let pushes: Vec<_> = self.pushes_during(born)?.collect();
        match &pushes[..] {
            [push] => Ok(push.called.unwrap_or(push.begin)),
            _ => Err("it is unknown which push created the file".to_owned()),
        }
    }

    /// Whether a push is still running.
    pub(super) fn is_pushing(&self) -> Known<bool> {
        Ok(self
            .pushes()?
            .any(|push| push.end.is_none() && push.ok.is_none()))
    }

    /// Whether the push that wrote the file last began after the failure, and did not only overwrite it.
    pub(super) fn is_pushed_later(&self) -> Known<bool> {
        let failed_at = self.failed_at()?;
        let (own, target) = self.present()?;
        let born = target.unwrap_or(own).born;
        let is_later = |push: &Task| {
            failed_at.before(push.begin) == Some(true)
                && born.and_then(|born| born.before(push.begin)) != Some(true)
        };
        Ok(self
            .pushes()?
            .any(|push| is_later(push) && self.wrote_last(push)))
    }

    /// Whether one push was writing the file at a moment: it created the file before it, and ended with the last write
    /// to it. No other push may have run in the meantime, because two pushes can write one file.
    pub(super) fn is_being_written_at(&self, moment: Interval) -> bool {
        let (Ok((own, None)), Ok(visible), Ok(writers), Ok(pushes)) = (
            self.present(),
            self.visible(),
            self.writers(),
            self.pushes(),
        ) else {
            return false;
        };
        let Some(born) = own.born else { return false };
        let ran_meanwhile = pushes.filter(|push| {
            push.ok != Some(false)
                && push.begin.before(own.modified) != Some(false)
                && push.end.is_none_or(|end| end.before(born) != Some(true))
        });
        let is_read_incomplete = matches!(self.said(), Ok(Said::Masked | Said::Malformed));
        let created = |push: &Task| {
            let opened = push.begin.shifted(Interval::new(0, OPENED));
            is_read_incomplete || opened.before(born) != Some(true)
        };
        writers.len() == 1
            && writers
                .iter()
                .all(|push| self.wrote_last(push) && created(push))
            && ran_meanwhile.count() == 1
            && visible.before(moment) == Some(true)
            && moment.before(own.modified) == Some(true)
    }

    /// Whether the last write of the content is that of a push, which ends with it.
    fn wrote_last(&self, push: &Task) -> bool {
        let written = self.present().map(|(own, target)| {
            let content = target.unwrap_or(own);
            content.modified.shifted(Interval::new(0, LAST_WRITE))
        });
        let is_end = |end: Interval| written.is_ok_and(|written| written.before(end).is_none());
        push.ok == Some(true) && push.end.is_some_and(is_end)
    }

    /// The pushes that can have written the file: it was created and last written while they ran.
    fn writers(&self) -> Known<Vec<&Task>> {
        let (own, target) = self.present()?;
        let content = target.unwrap_or(own);
        let born = content.born.ok_or_else(no_birth)?;
        Ok(self
            .pushes_during(born)?
            .filter(|push| ran_during(push, content.modified))
            .collect())
    }

    /// The pushes that were running at a moment, and have not failed.
    fn pushes_during(&self, moment: Interval) -> Known<impl Iterator<Item = &Task>> {
        Ok(self
            .pushes()?
            .filter(move |push| push.ok != Some(false) && ran_during(push, moment)))
    }

    /// The last failed push before the failure whose message does not name another file; without a known failure,
    /// the last of all.
    pub(super) fn failed_push(&self) -> Known<FailedPush<'_>> {
        let mut failed = self
            .pushes_of_attempt()?
            .filter(|push| push.ok == Some(false));
        failed
            .next_back()
            .and_then(|task| {
                Some(FailedPush {
                    task,
                    subject: self.subject(&task.status)?,
                })
            })
            .ok_or_else(|| "the host logged no failed push of the file".to_owned())
    }

    /// Whether a push that may have succeeded followed the failed one, before the failure if that is known.
    pub(super) fn pushed_since(&self) -> Known<bool> {
        let failed = self.failed_push()?.task.begin;
        Ok(self
            .pushes_of_attempt()?
            .any(|push| push.ok != Some(false) && push.begin.before(failed) != Some(true)))
    }

    /// The pushes since the container was created that may have begun before the failure.
    fn pushes_of_attempt(&self) -> Known<impl DoubleEndedIterator<Item = &Task>> {
        let failed_at = self.failed_at().ok();
        let created = self.created().ok();
        Ok(self.pushes()?.filter(move |push| {
            failed_at.is_none_or(|at| push.begin.before(at) != Some(false))
                && created.is_none_or(|created| push.begin.before(created) != Some(true))
        }))
    }

    /// What a message names; `None` if it is another file.
    fn subject(&self, status: &str) -> Option<Subject> {
        let destination = between(status, "failed to create file: ", ": ");
        let source = between(status, "failed to open ", " for reading");
        let name = |path: &str| path.rsplit('/').next().map(str::to_owned);
        if let Some(destination) = destination {
            let plain = simplified(destination);
            let is_unit = |path: &str| {
                UNIT_DIRECTORIES.contains(&directory_of(path).unwrap_or_default())
                    && name(path) == name(&self.path)
            };
            return if plain == self.path || is_unit(&plain) {
                Some(Subject::File)
            } else if Some(plain.as_str()) == directory_of(&self.path) {
                Some(Subject::Directory)
            } else if !plain.starts_with('/') && name(&plain) == name(&self.path) {
                Some(Subject::Similar)
            } else {
                None
            };
        }
        match source {
            Some(source) => self.is_misspelt(source).then_some(Subject::Similar),
            None => Some(Subject::Nothing),
        }
    }

    /// Whether a path ends in the name of the file, or in a misspelling of it. A name with other digits is another one,
    /// and so is a short one.
    fn is_misspelt(&self, path: &str) -> bool {
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let digits = |name: &str| -> String { name.chars().filter(char::is_ascii_digit).collect() };
        let (wrong, right) = (name(path), name(&self.path));
        wrong == right
            || right.len() > SHORT
                && digits(&wrong) == digits(&right)
                && strsim::osa_distance(&wrong, &right) <= MISSPELLINGS
    }

    /// Whether the task log shows anything of the container from before a moment.
    fn task_log_reaches(&self, moment: Interval) -> Known<bool> {
        Ok(self
            .tasks()?
            .iter()
            .any(|task| task.begin.before(moment) == Some(true)))
    }

    fn pushes(&self) -> Known<impl DoubleEndedIterator<Item = &Task>> {
        Ok(self.tasks()?.iter().filter(|task| task.kind == "push_file"))
    }

    fn tasks(&self) -> Known<&[Task]> {
        self.tasks.as_deref().map_err(Clone::clone)
    }
}

/// Whether a push may have been running at a moment.
fn ran_during(push: &Task, moment: Interval) -> bool {
    push.begin.before(moment) != Some(false)
        && push.end.is_none_or(|end| moment.before(end) != Some(false))
}

/// Whether a push that may have succeeded was running at a moment, as far as the log shows.
fn ran_at(push: &Task, moment: Interval) -> bool {
    push.ok != Some(false)
        && push.begin.before(moment) != Some(false)
        && push.end.is_none_or(|end| end.before(moment) != Some(true))
}

fn creation_end(task: &Task) -> Interval {
    task.end
        .map_or(task.begin, |end| Interval::later(task.begin, end))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = text.split_once(before)?.1;
    Some(rest.rsplit_once(after)?.0)
}

/// A path without repeated and trailing slashes.
fn simplified(path: &str) -> String {
    let root = if path.starts_with('/') { "/" } else { "" };
    let parts: Vec<_> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    format!("{root}{}", parts.join("/"))
}

fn directory_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(directory, _)| directory)
}
