//! What is true where no failure is known: the state that lxcdiag meets.

use super::{Case, STATES, Truth, failed_commands, state_of};
use crate::simulator::Nanos;
use crate::simulator::event::{Failure, Who};
use crate::simulator::unit_text::Content;
use crate::simulator::world::{Found, Verb};

impl Case<'_> {
    /// The states that are there now and keep the unit from being enabled; of the past, nothing.
    pub(super) fn now(&self) -> Truth {
        let now = self.history.run_at;
        let mut truth = Truth::nothing();
        if !self.world.setup.is_init {
            truth.leave_open(&["not-systemd"]);
        }
        let deliveries = self.deliveries_before(now);
        let last = deliveries.last();
        let Some(look) = self.look_now() else {
            truth.leave_open(&STATES);
            truth.leave_open(&["push-failed"]);
            return truth;
        };
        let is_lacking = look.found == Found::Absent || !look.is_whole;
        let (mistaken, staged) = self.misplaced(now);
        match look.found {
            Found::Absent if self.has_alias() => truth.leave_open(&["file-misplaced"]),
            Found::Absent if staged => truth.leave_open(&["file-missing", "file-misplaced"]),
            Found::Absent if mistaken => truth.holds("file-misplaced"),
            Found::Absent => truth.holds("file-missing"),
            _ => {}
        }
        if look.is_blocked && look.found != Found::File(Content::Enableable) {
            truth.leave_open(&STATES);
        }
        let (state, also) = state_of(look);
        if let Some(state) = state {
            truth.holds(state);
        }
        truth.leave_open(also);
        let failed = deliveries
            .iter()
            .filter(|it| it.is_push && it.failure.is_some());
        if failed.count() > 0 {
            match last {
                Some(last) if is_lacking && last.is_push && last.failure.is_some() => {
                    truth.holds("push-failed");
                }
                _ => truth.leave_open(&["push-failed"]),
            }
        }
        let refused = last
            .is_some_and(|last| matches!(last.failure, Some(Failure::ReadOnly | Failure::NoSpace)));
        let (read_only, full) = (self.was_read_only(now), self.was_full(now));
        if (is_lacking && refused) || (look.is_good() && read_only && !self.world.is_linked()) {
            truth.holds("read-only-or-full");
        } else if read_only || full || refused {
            truth.leave_open(&["read-only-or-full"]);
        }
        truth
    }

    /// False where one of the known failures is real and no later `enable` worked; none otherwise.
    pub(super) fn is_ill(&self, known: &[Nanos]) -> Option<bool> {
        let commands = &self.world.commands;
        let failed = failed_commands(self.world).filter(|ran| ran.said.status != 0);
        let mut real = failed.filter(|ran| known.contains(&ran.at));
        let first = real.next()?;
        let made_up = commands
            .iter()
            .any(|ran| ran.at > first.at && ran.verb == Verb::Enable && ran.said.refusal.is_none());
        (!made_up).then_some(false)
    }

    /// Whether nothing failed, and nothing is wrong now; none where that is a matter of taste.
    pub(super) fn is_healthy(&self) -> Option<bool> {
        let look = self.look_now()?;
        let world = self.world;
        if !look.is_good() {
            // What is enabled already does not care that it could not be enabled again.
            let works = look.is_blocked && world.is_linked();
            return (!works).then_some(false);
        }
        let failed_pushes = world.deliveries.values().any(|it| it.failure.is_some());
        let enabled_by_lxcdiag = world.commands.iter().any(|ran| ran.who == Who::Lxcdiag);
        let at_ease = failed_commands(world).next().is_none()
            && !failed_pushes
            && !enabled_by_lxcdiag
            && world.setup.is_init
            && world.service.active
            && world.is_linked()
            && !world.needs_reload()
            && !world.is_read_only
            && !world.is_full;
        at_ease.then_some(true)
    }
}
