//! A history: what happened, when lxcdiag ran, and what the user handed in.

mod inputs;
mod text;

pub(super) use inputs::{
    FailedAt, Inputs, LogAbout, LogGiven, LogZone, NoAnswer, SourceGiven, UnitGiven,
    failed_commands, first_failure,
};

use super::event::{Event, Place, Who};
use super::unit_text::Text;
use super::world::{Setup, UNIT_DIR_MOUNT, World};
use super::{Nanos, SECOND};

/// What happened, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct History {
    pub(super) setup: Setup,
    /// In the order of their times.
    pub(super) events: Vec<(Nanos, Event)>,
    /// When lxcdiag runs.
    pub(super) run_at: Nanos,
    pub(super) inputs: Inputs,
}

impl History {
    /// The world as it is when lxcdiag begins.
    pub(super) fn play(&self) -> World {
        let mut world = World::new(self.setup);
        for (id, (at, event)) in self.events.iter().enumerate() {
            event.schedule(id, *at, &mut world);
        }
        world.advance(self.run_at);
        world
    }

    /// Whether the script does one thing after the other: what it waits for is over when it goes on.
    fn is_in_turn(&self, world: &World) -> bool {
        let mut busy_until = [Nanos::MIN; 4];
        self.events.iter().enumerate().all(|(id, (at, event))| {
            let Some(Who::Script(run)) = event.who() else {
                return true;
            };
            let until = &mut busy_until[usize::from(run)];
            let is_free = *until < *at;
            *until = match world.deliveries.get(&id) {
                Some(delivery) => delivery.ended.unwrap_or(Nanos::MAX),
                None => *at,
            };
            is_free
        })
    }

    /// The text of the source that the user gives.
    pub(super) fn source(&self) -> Text {
        let text_of = |event: &Event| match event {
            Event::Deliver(delivery) if delivery.to != Place::Neighbour => Some(delivery.text),
            _ => None,
        };
        match self.inputs.source {
            SourceGiven::Later => Text::Changed,
            _ => {
                let mut texts = self.events.iter().filter_map(|(_, event)| text_of(event));
                texts.next_back().unwrap_or(Text::Good)
            }
        }
    }

    /// Whether it could have happened, and lxcdiag could run at its end.
    pub(super) fn is_possible(&self) -> bool {
        let world = self.play();
        let is_up = world
            .running()
            .is_some_and(|boot| boot.up_at < self.run_at && boot.answers_at + SECOND < self.run_at);
        is_up
            && self.is_in_turn(&world)
            && self.leaves_traces(&world)
            && self.inputs.are_possible(&world)
    }

    /// Whether what cannot be seen in the end has left a trace. A clock that was set, a rollback, or a mount that
    /// covered the unit directory for a while could otherwise explain anything, and nothing would be certain.
    fn leaves_traces(&self, world: &World) -> bool {
        let journal = world.journal();
        let since_boot = |at: Nanos| at >= world.host_booted;
        self.events
            .iter()
            .enumerate()
            .all(|(id, (at, event))| match event {
                // The monotonic clock of an older message, or an older task's start in ticks, tells.
                Event::StepClock(by) => {
                    let message = journal.iter().any(|it| it.at < *at && since_boot(it.at));
                    let task = world
                        .tasks
                        .iter()
                        .any(|it| it.began < *at && since_boot(it.began));
                    message || (task && by.abs() > 2 * SECOND)
                }
                Event::Rollback | Event::Restore => {
                    let mut tasks = world.tasks.iter().filter(|task| task.kind != "vzcreate");
                    tasks.any(|task| task.began == *at && task.kind != "push_file")
                }
                Event::Cover(_) => {
                    let later = self.events.iter().skip(id);
                    let mut ends = later.filter(|(_, event)| event.ends_mounts());
                    match ends.next() {
                        Some((at, Event::Uncover(_))) => journal
                            .iter()
                            .any(|it| it.at == *at && it.unit == Some(UNIT_DIR_MOUNT)),
                        Some(_) => false,
                        None => true,
                    }
                }
                _ => true,
            })
    }
}
