//! The host's log of tasks.

use super::World;
use crate::simulator::{CT, MILLI, Nanos};

/// A task of the host, and what of it can still be read.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Task {
    pub(in crate::simulator) kind: &'static str,
    pub(in crate::simulator) ct: u32,
    /// Counts the tasks; stands for the process ID.
    pub(in crate::simulator) number: usize,
    /// In true time.
    pub(in crate::simulator) began: Nanos,
    /// In hundredths of a second after the host's boot.
    pub(in crate::simulator) ticks: Nanos,
    /// What the clock showed when it began and ended.
    pub(in crate::simulator) began_wall: Nanos,
    pub(in crate::simulator) ended_wall: Option<Nanos>,
    pub(in crate::simulator) status: Option<String>,
    /// Whether its output is gone.
    pub(in crate::simulator) has_output: bool,
}

impl World {
    /// Begins a task of the container's; its number.
    pub(in crate::simulator) fn begin_task(&mut self, kind: &'static str) -> usize {
        let number = self.tasks.last().map_or(0, |task| task.number + 1);
        self.tasks.push(Task {
            kind,
            ct: CT,
            number,
            began: self.now,
            ticks: (self.now - self.host_booted).div_euclid(10 * MILLI),
            began_wall: self.wall(),
            ended_wall: None,
            status: None,
            has_output: true,
        });
        number
    }

    /// Ends a task.
    pub(in crate::simulator) fn end_task(&mut self, number: usize, status: &str) {
        let wall = self.wall();
        if let Some(task) = self.tasks.iter_mut().find(|task| task.number == number) {
            task.ended_wall = Some(wall);
            task.status = Some(status.to_owned());
        }
    }

    /// A task of 40 ms that works.
    pub(in crate::simulator) fn task_of(&mut self, kind: &'static str) {
        let number = self.begin_task(kind);
        self.schedule(self.now + 40 * MILLI, move |world| {
            world.end_task(number, "OK");
        });
    }

    /// Drops what has ended from the log, as two rotations do.
    pub(in crate::simulator) fn rotate_tasks(&mut self) {
        self.tasks.retain(|task| task.ended_wall.is_none());
    }

    /// Deletes the output of tasks, and leaves the log.
    pub(in crate::simulator) fn delete_task_output(&mut self) {
        for task in &mut self.tasks {
            task.has_output = false;
        }
    }
}
