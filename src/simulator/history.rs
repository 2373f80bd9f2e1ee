//! A history: what happened, when lxcdiag ran, and what the user handed in.

mod inputs;

pub(super) use inputs::{
    FailedAt, Inputs, LogAbout, LogGiven, LogZone, UnitGiven, failed_commands, first_failure,
};

use super::event::Event;
use super::world::{Setup, World};
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

    /// Whether it could have happened, and lxcdiag could run at its end.
    pub(super) fn is_possible(&self) -> bool {
        let world = self.play();
        let is_up = world
            .running()
            .is_some_and(|boot| boot.up_at < self.run_at && boot.answers_at + SECOND < self.run_at);
        is_up && self.inputs.are_possible(&world)
    }
}
