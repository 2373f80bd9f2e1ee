//! What happens beside the provisioning, before it and after it.

use super::Making;
use super::attempt::{NOISE_AFTER, foreign_owner};
use crate::simulator::event::{Delivery, Event, How, Place, Who};
use crate::simulator::unit_text::Text;
use crate::simulator::{MILLI, SECOND};

/// How many of these there are.
const COUNTS: [(usize, usize); 5] = [(35, 0), (28, 1), (18, 2), (12, 3), (7, 4)];

#[derive(Debug, Clone, Copy)]
enum Noise {
    Reload,
    Neighbour,
    Reboot,
    Remove,
    RemoveAndReturn,
    Rewrite,
    Edit,
    Chmod,
    Chown,
    Exchange,
    Cover,
    CoverAndUncover,
    Rollback,
    Disable,
    Mask,
    ReadOnly,
    Full,
    RotateTasks,
    DeleteTaskOutput,
    RotateJournal,
    StepClock,
    LateCopy,
    Restore,
    HostReboot,
    LxcdiagRun,
    SecondEnables,
}

const NOISES: [(usize, Noise); 26] = [
    (18, Noise::Reload),
    (9, Noise::Neighbour),
    (10, Noise::Reboot),
    (5, Noise::Remove),
    (4, Noise::RemoveAndReturn),
    (5, Noise::Rewrite),
    (4, Noise::Edit),
    (5, Noise::Chmod),
    (2, Noise::Chown),
    (3, Noise::Exchange),
    (2, Noise::Cover),
    (3, Noise::CoverAndUncover),
    (4, Noise::Rollback),
    (4, Noise::Disable),
    (2, Noise::Mask),
    (2, Noise::ReadOnly),
    (2, Noise::Full),
    (6, Noise::RotateTasks),
    (3, Noise::DeleteTaskOutput),
    (4, Noise::RotateJournal),
    (2, Noise::StepClock),
    (3, Noise::LateCopy),
    (2, Noise::Restore),
    (3, Noise::HostReboot),
    (5, Noise::LxcdiagRun),
    (4, Noise::SecondEnables),
];

impl Making {
    /// Adds noise at random times from the first boot to some time after the last event.
    pub(super) fn noise(&mut self) {
        let begin = self.history.events.get(1).map_or(0, |(at, _)| *at) + SECOND / 2;
        let end = self.now;
        for _ in 0..self.random.weighted(&COUNTS) {
            self.now = match self.random.percent(50) {
                true => self.random.between(begin, end),
                false => end + self.random.magnitude(20 * MILLI, NOISE_AFTER),
            };
            let noise = self.random.weighted(&NOISES);
            self.add_noise(noise);
        }
        let last = self.history.events.iter().map(|(at, _)| *at).max();
        self.now = last.unwrap_or(end).max(end);
    }

    fn add_noise(&mut self, noise: Noise) {
        let who = Who::Unrelated;
        match noise {
            Noise::Reload => self.add(Event::Reload(who)),
            Noise::Neighbour => {
                let how = self.random.pick(&[How::Push, How::Write]);
                self.add(Event::Deliver(Delivery {
                    who,
                    how,
                    to: Place::Neighbour,
                    text: Text::Neighbour,
                    opens_after: 8 * MILLI,
                    takes: MILLI,
                    cut: crate::simulator::unit_text::Cut::Empty,
                    fault: None,
                }));
            }
            Noise::Reboot => {
                self.add(Event::Stop);
                self.wait(200 * MILLI, 5 * SECOND);
                self.boot();
            }
            Noise::Remove => self.add(Event::Remove {
                who: Who::Human,
                at: Place::Unit,
            }),
            Noise::RemoveAndReturn => {
                self.add(Event::Remove {
                    who: Who::Human,
                    at: Place::Unit,
                });
                self.wait(SECOND, 1_000 * SECOND);
                self.deliver_again(How::Push);
            }
            Noise::Rewrite => self.deliver_again(How::Push),
            Noise::LateCopy => self.deliver_again(How::Archive),
            Noise::Edit => self.add(Event::Edit {
                who: Who::Human,
                text: Text::Changed,
            }),
            Noise::Chmod => self.add(Event::Chmod { who, mode: 0o640 }),
            Noise::Chown => self.add(foreign_owner(who)),
            Noise::Exchange => self.add(Event::Exchange(who)),
            Noise::Cover => self.add(Event::Cover(who)),
            Noise::CoverAndUncover => {
                self.add(Event::Cover(who));
                self.wait(50 * MILLI, 100 * SECOND);
                self.add(Event::Uncover(who));
            }
            Noise::Rollback => self.return_by(Event::Rollback),
            Noise::Restore => self.return_by(Event::Restore),
            Noise::HostReboot => {
                self.add(Event::HostReboot);
                self.wait(20 * SECOND, 100 * SECOND);
                self.boot();
            }
            Noise::LxcdiagRun => self.add(Event::LxcdiagRun),
            Noise::SecondEnables => {
                self.add(Event::Reload(Who::Second));
                self.wait(20 * MILLI, SECOND);
                self.add(Event::Enable(Who::Second));
            }
            Noise::Disable => self.add(Event::Disable(Who::Human)),
            Noise::Mask => self.add(Event::Mask(Who::Human)),
            Noise::ReadOnly => self.add(Event::ReadOnly(true)),
            Noise::Full => self.add(Event::Full(true)),
            Noise::RotateTasks => self.add(Event::RotateTasks),
            Noise::DeleteTaskOutput => self.add(Event::DeleteTaskOutput),
            Noise::RotateJournal => self.add(Event::RotateJournal),
            Noise::StepClock => {
                let by = self.random.magnitude(SECOND / 2, 3_600 * SECOND);
                let sign = self.random.pick(&[-1, 1]);
                self.add(Event::StepClock(sign * by));
            }
        }
    }

    /// What is now is kept, and comes back later.
    fn return_by(&mut self, event: Event) {
        self.add(Event::Snapshot);
        self.wait(SECOND, 1_000 * SECOND);
        self.add(event);
        self.wait(SECOND, 5 * SECOND);
        self.boot();
    }

    fn deliver_again(&mut self, how: How) {
        let delivery = self.delivery(Who::Human, how);
        self.add(Event::Deliver(delivery));
    }
}
