//! What is true of a failure at a known moment.

use super::{Case, PAST, Truth, WINDOW, state_of};
use crate::simulator::event::Failure as Failed;
use crate::simulator::history::failed_commands;
use crate::simulator::unit_text::Content;
use crate::simulator::world::{Delivered, Found, Look, Ran, Refusal};
use crate::simulator::{Nanos, SECOND};

/// A command that failed, or would have failed, at a moment.
pub(super) struct Failure<'a> {
    case: &'a Case<'a>,
    at: Nanos,
    /// The command, if one was run then.
    ran: Option<&'a Ran>,
    /// How many of the world's looks lie before it.
    looks: usize,
}

/// What made the unit's file good after a failure.
struct Rescue<'a> {
    at: Nanos,
    /// A delivery, if it was one.
    delivery: Option<(usize, &'a Delivered)>,
    is_automatic: bool,
}

impl<'a> Failure<'a> {
    /// At a moment in true time.
    pub(super) fn at(case: &'a Case<'a>, at: Nanos) -> Self {
        let ran = failed_commands(case.world).find(|ran| ran.at == at);
        let looks = match ran {
            Some(ran) => ran.looks,
            None => case.world.looks.partition_point(|(since, _)| *since <= at),
        };
        Self {
            case,
            at,
            ran,
            looks,
        }
    }

    fn look(&self) -> Option<&'a Look> {
        let last = self.looks.checked_sub(1)?;
        Some(&self.case.world.looks.get(last)?.1)
    }

    /// Why the command was refused, or would have been.
    fn refusal(&self) -> Option<Refusal> {
        if let Some(ran) = self.ran {
            return ran.said.refusal;
        }
        let world = self.case.world;
        let boot = world.boot_at(self.at)?;
        if world.setup.is_init && self.at < boot.answers_at {
            return Some(Refusal::NotReady);
        }
        let look = self.look()?;
        if look.is_blocked {
            return Some(Refusal::InitScript);
        }
        match look.is_good() {
            false => Some(Refusal::File(look.found)),
            true if self.case.was_read_only(self.at) => Some(Refusal::ReadOnly),
            true => None,
        }
    }

    pub(super) fn truth(&self) -> Truth {
        let mut truth = Truth::nothing();
        if !self.case.world.setup.is_init {
            truth.leave_open(&["not-systemd"]);
        }
        let Some((refusal, look)) = self.refusal().zip(self.look()) else {
            return truth;
        };
        match refusal {
            Refusal::Stopped => truth.leave_open(&PAST),
            // Where the link was there already, it would have worked.
            Refusal::ReadOnly if self.ran.is_none() && self.case.world.is_linked() => {
                truth.leave_open(&["read-only-or-full"]);
            }
            Refusal::ReadOnly => truth.holds("read-only-or-full"),
            Refusal::File(_) => self.judge_file(look, &mut truth),
            Refusal::NotReady | Refusal::NotSystemd | Refusal::InitScript => {
                if look.found != Found::File(Content::Enableable) {
                    // It would have failed as well had systemd answered.
                    let others: Vec<_> = truth.0.keys().copied().collect();
                    truth.leave_open(&others);
                }
                match refusal {
                    Refusal::NotReady => truth.holds("systemd-not-ready"),
                    Refusal::NotSystemd => truth.holds("not-systemd"),
                    _ => {}
                }
            }
        }
        truth
    }

    fn judge_file(&self, look: &Look, truth: &mut Truth) {
        let raced = self.judge_races(look, truth);
        self.judge_state(look, raced, truth);
        self.judge_pushes(look, raced, truth);
        self.judge_repair(raced, truth);
    }

    /// What made the file good after the failure, one after the other.
    fn rescues(&self) -> impl Iterator<Item = Rescue<'a>> {
        let (world, history) = (self.case.world, self.case.history);
        let after = world.looks.iter().skip(self.looks);
        after.filter(|(_, look)| look.is_good()).map(|(at, look)| {
            let who = look.by.and_then(|id| history.events[id].1.who());
            Rescue {
                at: *at,
                delivery: look
                    .by
                    .and_then(|id| Some((id, world.deliveries.get(&id)?))),
                is_automatic: who.is_some_and(|who| who.is_automatic()),
            }
        })
    }

    /// Whether it was a race; none where that is a matter of taste.
    fn judge_races(&self, look: &Look, truth: &mut Truth) -> Option<bool> {
        let in_time = |rescue: &Rescue<'_>| rescue.at <= self.at + WINDOW;
        // A complete file was there that was no good: whether the next one raced with it is a matter of words.
        let could_be_awaited = matches!(
            look.found,
            Found::Absent | Found::Dangling | Found::Unreadable
        ) || !look.is_whole;
        let mut raced = Some(false);
        for rescue in self.rescues().filter(in_time) {
            match rescue.delivery {
                Some((_, delivered)) if delivered.began >= self.at => {}
                Some((id, _)) if rescue.is_automatic && could_be_awaited => {
                    let id = match look.writer == Some(id) {
                        true => "partial-write",
                        false => "race-condition",
                    };
                    truth.holds(id);
                    raced = Some(true);
                }
                None if !rescue.is_automatic => {}
                _ => {
                    truth.leave_open(&["race-condition", "partial-write"]);
                    raced = raced.filter(|raced| *raced);
                }
            }
        }
        raced
    }

    fn judge_state(&self, look: &Look, raced: Option<bool>, truth: &mut Truth) {
        let (state, also) = state_of(look);
        truth.leave_open(also);
        let now = self.case.look_now();
        match state {
            Some("file-incomplete") => {
                let still = now.map(|now| state_of(now).0 == state);
                match still {
                    Some(true) if raced == Some(false) => truth.holds("file-incomplete"),
                    Some(false) if now.is_some_and(Look::is_good) => {}
                    _ => truth.leave_open(&["file-incomplete"]),
                }
            }
            Some(state) if raced == Some(false) => truth.holds(state),
            Some(state) => truth.leave_open(&[state]),
            None if look.found == Found::Absent => self.judge_absence(raced, now, truth),
            None => {}
        }
    }

    fn judge_absence(&self, raced: Option<bool>, now: Option<&Look>, truth: &mut Truth) {
        let (mistaken, staged) = self.case.misplaced(self.at);
        let later = self.case.misplaced(self.case.history.run_at);
        let both = ["file-missing", "file-misplaced"];
        if self.case.has_alias() {
            // The other unit explains it better; whether that is a wrong name is a matter of words.
            truth.leave_open(&["file-misplaced"]);
            return;
        }
        if raced != Some(false) || staged || later != (mistaken, staged) {
            truth.leave_open(&both);
        } else if mistaken {
            truth.holds("file-misplaced");
            return;
        }
        let since = self.case.world.looks.iter().skip(self.looks);
        let was_there = since
            .into_iter()
            .any(|(_, look)| look.found != Found::Absent);
        match now {
            Some(now) if now.is_good() => truth.take(&Truth::nothing(), &["file-missing"]),
            _ if was_there => truth.leave_open(&["file-missing"]),
            Some(_) if truth.of("file-missing").is_some() => truth.holds("file-missing"),
            _ => truth.leave_open(&["file-missing"]),
        }
    }

    /// Whether the last push of the same attempt failed, and why.
    fn judge_pushes(&self, look: &Look, raced: Option<bool>, truth: &mut Truth) {
        let before = self.case.deliveries_before(self.at);
        let run = match self.ran {
            Some(ran) => ran.who.run(),
            None => before.iter().rev().find_map(|it| it.who.run()),
        };
        let mut of_run = before.iter().filter(|it| it.who.run() == run);
        let has_failed = of_run.clone().any(|it| it.failure.is_some());
        let last = of_run.next_back();
        let is_lacking = look.found == Found::Absent || !look.is_whole;
        let is_why = is_lacking && raced == Some(false) && run.is_some();
        match last {
            Some(last) if is_why && last.failure.is_some() => {
                if last.ended.is_none_or(|ended| ended > self.at) {
                    // It failed only afterwards: whether that is why is a matter of words.
                    truth.leave_open(&["push-failed", "read-only-or-full"]);
                    return;
                }
                if last.is_push {
                    truth.holds("push-failed");
                } else if before.iter().any(|it| it.is_push && it.failure.is_some()) {
                    // It failed in another way than a push before it: which of them was why is a matter of words.
                    truth.leave_open(&["push-failed"]);
                }
                if matches!(last.failure, Some(Failed::ReadOnly | Failed::NoSpace)) {
                    truth.holds("read-only-or-full");
                }
            }
            _ if matches!(look.found, Found::Directory | Found::Dangling) && has_failed => {
                truth.leave_open(&["push-failed"]);
            }
            _ if is_lacking && (has_failed || self.push_beside_failed(&before)) => {
                truth.leave_open(&["push-failed", "read-only-or-full"]);
            }
            _ => {}
        }
        let was_refused = self.case.was_read_only(self.at) || self.case.was_full(self.at);
        if was_refused && truth.of("read-only-or-full") == Some(false) {
            truth.leave_open(&["read-only-or-full"]);
        }
    }

    /// Whether the last push failed and belongs to this attempt or not, as one sees it: somebody else's, one of the
    /// script after which a person went on, or one of an earlier run after which the script only enabled the unit.
    fn push_beside_failed(&self, before: &[&Delivered]) -> bool {
        const SAME_ATTEMPT: Nanos = 600 * SECOND;
        let run = self.ran.and_then(|ran| ran.who.run());
        before.last().is_some_and(|last| {
            let is_foreign = last.who.run().is_none() || last.who.run() != run;
            last.failure.is_some() && is_foreign && self.at - last.began < SAME_ATTEMPT
        })
    }

    fn judge_repair(&self, raced: Option<bool>, truth: &mut Truth) {
        let mut repairs = self
            .rescues()
            .map(|it| it.delivery.is_some_and(|(_, it)| it.began >= self.at));
        let by_delivery = repairs.any(|is_repair| is_repair);
        let in_another_way = self
            .rescues()
            .any(|it| it.delivery.is_none() || it.is_automatic);
        let is_good_now = self.case.look_now().map(Look::is_good);
        match raced {
            Some(true) => {}
            Some(false) if by_delivery && is_good_now == Some(true) => {
                truth.holds("repaired-later");
            }
            Some(false) if !by_delivery && !in_another_way => {}
            _ => truth.leave_open(&["repaired-later"]),
        }
    }
}

/// A file that can be enabled is good, and only that.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_named_by_one_hypothesis() {
        let look = |found, is_whole| Look {
            found,
            path: None,
            is_link: false,
            inode: None,
            writer: None,
            is_whole,
            is_blocked: false,
            by: None,
        };
        let state = |found, is_whole| state_of(&look(found, is_whole)).0;
        let file = Found::File;
        assert_eq!(state(file(Content::Enableable), true), None);
        assert_eq!(
            state(file(Content::NoInstall), true),
            Some("unit-not-enableable")
        );
        assert_eq!(
            state(file(Content::NoInstall), false),
            Some("file-incomplete")
        );
        assert_eq!(
            state(file(Content::BadMessage), true),
            Some("unit-malformed")
        );
        assert_eq!(state(Found::Dangling, true), Some("broken-link"));
    }
}
