//! One run of the provisioning script, and what follows it.

use super::Making;
use crate::simulator::event::{Delivery, Event, Fault, How, Place, Who};
use crate::simulator::unit_text::{Cut, Text};
use crate::simulator::world::Found;
use crate::simulator::{MILLI, NOBODY, Nanos, SECOND};

/// How a run goes.
#[derive(Debug, Clone, Copy)]
enum Course {
    /// The file is delivered, then the unit enabled.
    InOrder,
    /// The delivery goes on beside the script, and may be late.
    Beside,
    /// The push fails.
    FailedPush,
    /// Nothing is delivered.
    NoDelivery,
    /// To a wrong place.
    WrongPlace,
    /// A file that cannot be enabled.
    BadText,
    /// Something else is in the file's place.
    InTheWay,
}

const COURSES: [(usize, Course); 7] = [
    (22, Course::InOrder),
    (33, Course::Beside),
    (17, Course::FailedPush),
    (6, Course::NoDelivery),
    (8, Course::WrongPlace),
    (7, Course::BadText),
    (9, Course::InTheWay),
];

/// The way of a delivery in order.
const HOWS: [(usize, How); 8] = [
    (60, How::Push),
    (10, How::Write),
    (8, How::Archive),
    (6, How::Rsync),
    (6, How::Move),
    (4, How::Package),
    (3, How::HostCopy),
    (3, How::Bind),
];

/// The way of one beside the script.
const HOWS_BESIDE: [(usize, How); 9] = [
    (40, How::Push),
    (15, How::Write),
    (9, How::Archive),
    (7, How::Rsync),
    (7, How::Move),
    (6, How::Package),
    (3, How::HostCopy),
    (10, How::Bind),
    (3, How::Link),
];

/// Who delivers beside the script.
#[derive(Debug, Clone, Copy)]
enum Beside {
    Background,
    Second,
    Boot,
}

const BESIDES: [(usize, Beside); 3] = [
    (60, Beside::Background),
    (25, Beside::Second),
    (15, Beside::Boot),
];

/// Why a push fails.
#[derive(Debug, Clone, Copy)]
enum Failing {
    To(Place),
    Of(Fault),
    ReadOnly,
    Full,
}

const FAILINGS: [(usize, Failing); 10] = [
    (40, Failing::To(Place::Directory)),
    (5, Failing::To(Place::DoubleSlash)),
    (10, Failing::To(Place::NoDirectory)),
    (10, Failing::Of(Fault::SourceMissing)),
    (5, Failing::Of(Fault::SourceIsDirectory)),
    (4, Failing::Of(Fault::NoSuchUser)),
    (4, Failing::Of(Fault::BadMode)),
    (4, Failing::Of(Fault::Locked)),
    (9, Failing::ReadOnly),
    (9, Failing::Full),
];

/// Wrong places.
const WRONG_PLACES: [(usize, Place); 6] = [
    (35, Place::OtherName),
    (25, Place::Nested),
    (10, Place::Above),
    (10, Place::User),
    (10, Place::Home),
    (10, Place::Temporary),
];

const BAD_TEXTS: [(usize, Text); 3] = [
    (50, Text::NoInstall),
    (30, Text::BadHeader),
    (20, Text::Binary),
];

/// What is in the file's place.
#[derive(Debug, Clone, Copy)]
enum Obstacle {
    Mask,
    Directory,
    /// A link whose target is missing, or comes later.
    Link,
    /// The owner is not mapped.
    Owner,
    InitScript,
    /// Another unit has the name as an alias.
    Alias,
}

const OBSTACLES: [(usize, Obstacle); 6] = [
    (28, Obstacle::Mask),
    (12, Obstacle::Directory),
    (26, Obstacle::Link),
    (14, Obstacle::Owner),
    (12, Obstacle::InitScript),
    (8, Obstacle::Alias),
];

/// What a person does about a failure.
#[derive(Debug, Clone, Copy)]
enum Repair {
    Push,
    Write,
    Archive,
    Edit,
    Move,
    Unmask,
    Chown,
    RemoveAndPush,
}

const REPAIRS: [(usize, Repair); 8] = [
    (45, Repair::Push),
    (12, Repair::Write),
    (6, Repair::Archive),
    (5, Repair::Edit),
    (12, Repair::Move),
    (6, Repair::Unmask),
    (4, Repair::Chown),
    (10, Repair::RemoveAndPush),
];

/// Per cent of deliveries beside the script that open the file late and write it at once, as one does whose
/// source is slow to open, and as others do that have more to write; the rest opens it at once and is slow.
const WAITS_TO_PUSH: usize = 40;
const WAITS_TO_WRITE: usize = 75;
/// How long a push waits for the container's lock.
const LOCK_TIMEOUT: Nanos = 10 * SECOND;
/// For how long a boot mounts and writes files.
const BOOT_WORKS: Nanos = 20 * SECOND;
/// Per cent of runs that reload before they enable.
const RELOADS_FIRST: usize = 55;
/// Of failed runs that try again by themselves; of those, that deliver again first.
const RETRIES: usize = 30;
const DELIVERS_AGAIN: usize = 40;
/// Of failures that a person repairs; of those, that are enabled then.
const REPAIRED: usize = 45;
const ENABLED_AFTER_REPAIR: usize = 80;

impl Making {
    /// A delivery of the good text to the right place, at once.
    pub(super) fn delivery(&mut self, who: Who, how: How) -> Delivery {
        Delivery {
            who,
            how,
            to: match how {
                How::Package => Place::Vendor,
                How::Write if self.random.percent(8) => Place::Run,
                _ => Place::Unit,
            },
            text: self
                .random
                .weighted(&[(90, Text::Good), (10, Text::CarriageReturns)]),
            opens_after: self.random.between(5 * MILLI, 12 * MILLI),
            takes: self.random.between(MILLI / 5, 2 * MILLI),
            cut: self
                .random
                .pick(&[Cut::Empty, Cut::InHeader, Cut::BeforeInstall]),
            fault: None,
        }
    }

    /// Runs the script for the n-th time.
    pub(super) fn attempt(&mut self, run: u8) {
        let script = Who::Script(run);
        self.attempt_began = self.now;
        match self.random.weighted(&COURSES) {
            Course::InOrder => {
                let how = self.random.weighted(&HOWS);
                let mut delivery = self.delivery(script, how);
                if self.random.percent(8) {
                    delivery.takes = self.random.magnitude(10 * MILLI, 20 * SECOND);
                }
                self.deliver(delivery);
            }
            Course::Beside => return self.beside(run),
            Course::FailedPush => self.failed_push(script),
            Course::NoDelivery => {}
            Course::WrongPlace => {
                let to = self.random.weighted(&WRONG_PLACES);
                let how = self.random.weighted(&[(80, How::Push), (20, How::Write)]);
                let delivery = self.delivery(script, how);
                self.deliver(Delivery { to, ..delivery });
            }
            Course::BadText => {
                let text = self.random.weighted(&BAD_TEXTS);
                let delivery = self.delivery(script, How::Push);
                self.deliver(Delivery { text, ..delivery });
            }
            Course::InTheWay => self.obstacle(script),
        }
        self.wait(5 * MILLI, 3 * SECOND);
        self.enable(run);
    }

    /// Adds a delivery and waits for its end.
    fn deliver(&mut self, delivery: Delivery) {
        self.add(Event::Deliver(delivery));
        self.now += match delivery.fault {
            Some(Fault::Locked) => LOCK_TIMEOUT + MILLI,
            _ => delivery.opens_after + delivery.takes + MILLI,
        };
    }

    fn failed_push(&mut self, script: Who) {
        let delivery = self.delivery(script, How::Push);
        match self.random.weighted(&FAILINGS) {
            Failing::To(to) => self.deliver(Delivery { to, ..delivery }),
            Failing::Of(fault) => self.deliver(Delivery {
                fault: Some(fault),
                ..delivery
            }),
            Failing::ReadOnly => self.during(Event::ReadOnly, delivery),
            Failing::Full => self.during(Event::Full, delivery),
        }
    }

    /// A delivery while the file system has a fault, which lasts in half of the cases.
    fn during(&mut self, fault: impl Fn(bool) -> Event, delivery: Delivery) {
        self.add(fault(true));
        self.wait(MILLI, SECOND);
        self.deliver(delivery);
        if self.random.percent(50) {
            self.now += MILLI;
            self.add(fault(false));
        }
    }

    fn obstacle(&mut self, script: Who) {
        match self.random.weighted(&OBSTACLES) {
            Obstacle::Mask => {
                self.add(Event::Mask(Who::Unrelated));
                self.wait(100 * MILLI, 100 * SECOND);
                if self.random.percent(50) {
                    let delivery = self.delivery(script, How::Push);
                    self.deliver(delivery);
                }
            }
            Obstacle::Directory => {
                self.add(Event::MakeDirectory(Who::Unrelated));
                self.wait(10 * MILLI, 10 * SECOND);
                let delivery = self.delivery(script, How::Push);
                self.deliver(delivery);
            }
            Obstacle::Link => {
                let link = self.delivery(script, How::Link);
                self.deliver(link);
                if self.random.percent(60) {
                    // The target is on its way, or comes before.
                    let how = self.random.pick(&[How::Push, How::Write, How::Bind]);
                    let mut target = self.delivery(Who::Second, how);
                    target.to = Place::Target;
                    target.takes = self.random.magnitude(MILLI, 20 * SECOND);
                    self.add(Event::Deliver(target));
                }
            }
            Obstacle::InitScript => {
                self.add(Event::AddInitScript(Who::Unrelated));
                self.wait(100 * MILLI, 100 * SECOND);
                let delivery = self.delivery(script, How::Push);
                self.deliver(delivery);
            }
            Obstacle::Alias => self.add(Event::DeclareAlias(Who::Unrelated)),
            Obstacle::Owner => {
                let mut delivery = self.delivery(script, How::HostCopy);
                delivery.to = Place::Unit;
                self.deliver(delivery);
            }
        }
    }

    /// A delivery that goes on beside the script: it begins before `enable`, and ends before or after it.
    fn beside(&mut self, run: u8) {
        let lead = self.random.magnitude(12 * MILLI, 30 * SECOND);
        let gap = match self.random.percent(25) {
            true => -self.random.magnitude(MILLI, lead),
            false => self.random.magnitude(MILLI, 120 * SECOND),
        };
        let how = self.random.weighted(&HOWS_BESIDE);
        let who = match self.random.weighted(&BESIDES) {
            Beside::Background => Who::Background(run),
            Beside::Second => Who::Second,
            Beside::Boot if self.now < self.booted_at + BOOT_WORKS => Who::Boot,
            Beside::Boot => Who::Second,
        };
        let mut delivery = self.delivery(who, how);
        let whole = (lead + gap).max(9 * MILLI);
        let waits = match how {
            How::Push => WAITS_TO_PUSH,
            _ => WAITS_TO_WRITE,
        };
        if self.random.percent(waits) {
            delivery.opens_after = whole - delivery.takes;
        } else {
            delivery.takes = whole - delivery.opens_after.min(8 * MILLI);
        }
        self.add(Event::Deliver(delivery));
        self.now += lead;
        self.enable(run);
        self.now = self.now.max(self.now + gap.max(0));
    }

    /// The script reloads and enables; then what follows.
    fn enable(&mut self, run: u8) {
        let script = Who::Script(run);
        let enabled_at = self.now;
        if self.random.percent(RELOADS_FIRST) {
            let before = self.random.magnitude(5 * MILLI, 2 * SECOND);
            let at = self.attempt_began.max(enabled_at - before);
            self.at(at, Event::Reload(script));
        }
        self.add(Event::Enable(script));
        self.now += MILLI;
        let world = self.world();
        let has_failed = world
            .commands
            .last()
            .is_some_and(|ran| ran.said.refusal.is_some());
        if !has_failed {
            if self.random.percent(75) {
                self.wait(20 * MILLI, 500 * MILLI);
                self.add(Event::Start(script));
            }
            return;
        }
        let found = world.looks.last().map(|(_, look)| look.found);
        if self.random.percent(RETRIES) {
            self.retry(script);
        } else if self.random.percent(REPAIRED) {
            let is_link = Self::is_link(&world);
            self.repair(found, is_link);
        }
    }

    fn retry(&mut self, script: Who) {
        for _ in 0..=self.random.below(2) {
            self.wait(200 * MILLI, 8 * SECOND);
            if self.random.percent(DELIVERS_AGAIN) {
                let delivery = self.delivery(script, How::Push);
                self.deliver(delivery);
                self.wait(5 * MILLI, SECOND);
            }
            self.add(Event::Enable(script));
        }
    }

    fn repair(&mut self, found: Option<Found>, is_link: bool) {
        let who = self.human_comes();
        let repair = match found {
            Some(Found::Masked) => Repair::Unmask,
            Some(Found::Unreadable) if self.random.percent(70) => Repair::Chown,
            _ => self.random.weighted(&REPAIRS),
        };
        match repair {
            Repair::Push | Repair::RemoveAndPush => {
                if matches!(repair, Repair::RemoveAndPush) || is_link {
                    self.add(Event::Remove {
                        who,
                        at: Place::Unit,
                    });
                    self.wait(100 * MILLI, 5 * SECOND);
                }
                let delivery = self.delivery(who, How::Push);
                self.deliver(delivery);
            }
            Repair::Write => {
                let delivery = self.delivery(who, How::Write);
                self.deliver(delivery);
            }
            Repair::Archive => {
                let delivery = self.delivery(who, How::Archive);
                self.deliver(delivery);
            }
            Repair::Edit => self.add(Event::Edit {
                who,
                text: Text::Changed,
            }),
            Repair::Move => {
                let from = self.random.pick(&Place::WRONG);
                self.add(Event::Move {
                    who,
                    from,
                    to: Place::Unit,
                });
            }
            Repair::Unmask => {
                self.add(Event::Unmask(who));
                self.wait(SECOND, 30 * SECOND);
                let delivery = self.delivery(who, How::Push);
                self.deliver(delivery);
            }
            Repair::Chown => self.add(Event::Chown { who, owner: 0 }),
        }
        if self.random.percent(ENABLED_AFTER_REPAIR) {
            self.wait(500 * MILLI, 20 * SECOND);
            self.add(Event::Enable(who));
            self.wait(100 * MILLI, 5 * SECOND);
            self.add(Event::Start(who));
        }
    }
}

/// Somebody outside the container owns the file.
pub(super) const fn foreign_owner(who: Who) -> Event {
    Event::Chown { who, owner: NOBODY }
}

/// How long ago noise may reach back from the end.
pub(super) const NOISE_AFTER: Nanos = 600 * SECOND;
