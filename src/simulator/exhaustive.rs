//! Every history of a small model, to measure what can be decided at all.
//!
//! A container is made and booted; then come up to three more events beside one `enable`, each at one of four times,
//! so six at most; the user knows nothing of the failure, or its time, or has a log. Histories that give lxcdiag the
//! same recording form a group. Where a hypothesis has one truth in all of a group, it can be decided there, and should
//! be. A hypothesis that is true in no history is not counted. Where one of the histories leaves its truth open, so is it
//! in the group.
//!
//! So few events would make much decidable that is not. So each history counts with what may have happened as well and
//! is [`unseen`]: if that leaves no trace, the recording is the same. Where no failure is known, an earlier attempt may
//! have failed for any reason and been cleaned up.

mod unseen;

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use super::backend::{record, runbook};
use super::event::{Delivery, Event, Fault, How, Origin, Place, Who};
use super::history::{FailedAt, History, Inputs, LogAbout, LogGiven, LogZone};
use super::property::{levels, number, on_all_processors};
use super::shrink::PLAIN;
use super::truth::{HEALTHY, RACE, truth};
use super::unit_text::{Cut, Text};
use super::{MILLI, Nanos, SECOND};
use crate::evidence::recording::Recording;
use crate::judge::{Level, evaluate};
use crate::runbook::Runbook;
use unseen::with_unseen;

/// How many events there are beside making, boot and `enable`; `LXCDIAG_EVENTS` sets another number.
const BESIDE: u64 = 1;

/// Per cent of the true hypotheses that can be decided and are confirmed, at least. The aim is 90.
const CONFIRMED: usize = 68;
/// Per cent of the false ones that can be decided and are ruled out, at least.
const RULED_OUT: usize = 75;

/// When things happen.
const TIMES: [Nanos; 4] = [10 * SECOND, 13 * SECOND, 16 * SECOND, 300 * SECOND];
/// When `enable` runs, if at all: while systemd is starting, or between the others. Where the user does not know of the
/// failure, all give the same recording.
const ENABLED_AT: [Option<Nanos>; 3] = [
    Some(2 * SECOND + SECOND / 10),
    Some(TIMES[1] + SECOND / 10),
    None,
];
/// When systemd answers, and when it is up, after the boot at 2 s. The journal shows the second alone.
const BOOTS: [(Nanos, Nanos); 3] = [
    (300 * MILLI, SECOND),
    (300 * MILLI, 12 * SECOND),
    (11_300 * MILLI, 12 * SECOND),
];
const RUN_AT: Nanos = 1_000 * SECOND;

/// A log that shows the failure with its message.
const LOG: LogGiven = LogGiven {
    zone: LogZone::Written(0),
    about: LogAbout::ThisUnit,
    lag: 5 * MILLI,
    has_millis: true,
    has_commands: true,
    has_all_runs: false,
    is_copied: true,
};

/// From one time to the next but one.
const LONG: Nanos = 6 * SECOND;

fn delivery(who: Who, how: How) -> Delivery {
    Delivery {
        who,
        how,
        to: Place::Unit,
        text: Text::Good,
        opens_after: 8 * MILLI,
        takes: MILLI,
        cut: Cut::Empty,
        fault: None,
    }
}

/// What may happen at each time.
fn alphabet() -> Vec<Event> {
    let (script, beside, human) = (Who::Script(1), Who::Background(1), Who::Human);
    let push = |who| delivery(who, How::Push);
    let write = |who| delivery(who, How::Write);
    // The file is there when another delivery that began at the next time but one would have it there.
    let late = |early: Delivery| Delivery {
        opens_after: early.opens_after + LONG,
        ..early
    };
    let slow = |early: Delivery| Delivery {
        takes: LONG,
        ..early
    };
    let deliveries = [
        push(script),
        push(human),
        late(push(beside)),
        slow(push(beside)),
        write(script),
        write(human),
        late(write(beside)),
        slow(write(beside)),
        delivery(human, How::Archive),
        late(delivery(beside, How::Rsync)),
        late(delivery(beside, How::Bind)),
        Delivery {
            to: Place::Directory,
            ..push(script)
        },
        Delivery {
            to: Place::OtherName,
            ..push(script)
        },
        Delivery {
            text: Text::NoInstall,
            ..push(script)
        },
        Delivery {
            text: Text::BadHeader,
            ..push(script)
        },
        Delivery {
            fault: Some(Fault::SourceIsDirectory),
            ..push(script)
        },
    ];
    let others = [
        Event::Reload(Who::Unrelated),
        Event::Remove {
            who: human,
            at: Place::Unit,
        },
        Event::Move {
            who: human,
            from: Place::OtherName,
            to: Place::Unit,
        },
        Event::MakeDirectory(human),
        Event::ReadOnly(true),
        Event::Mask(human),
        Event::Unmask(human),
        Event::Enable(human),
        Event::RotateTasks,
        Event::Exchange(Who::Unrelated),
    ];
    deliveries
        .map(Event::Deliver)
        .into_iter()
        .chain(others)
        .collect()
}

/// Calls `visit` with every history, possible or not, that has at most `beside` events in addition to `enable`.
fn enumerate(beside: usize, visit: &mut impl FnMut(&History)) {
    let events: Vec<_> = TIMES
        .iter()
        .flat_map(|at| alphabet().into_iter().map(move |event| (*at, event)))
        .collect();
    for (enabled_at, (answers_after, up_after)) in ENABLED_AT
        .into_iter()
        .flat_map(|at| BOOTS.map(|boot| (at, boot)))
    {
        let boot = Event::Boot {
            answers_after,
            up_after,
        };
        let enable = enabled_at.map(|at| (at, Event::Enable(Who::Script(1))));
        let made = [(SECOND, Event::Made(Origin::Created)), (2 * SECOND, boot)];
        let mut history = History {
            setup: PLAIN,
            events: made.into_iter().chain(enable).collect(),
            run_at: RUN_AT,
            inputs: Inputs::NONE,
        };
        add(&events, beside, &mut history, visit);
    }
}

/// Visits a history, and those with more of `events`.
fn add(
    events: &[(Nanos, Event)],
    left: usize,
    history: &mut History,
    visit: &mut impl FnMut(&History),
) {
    let mut sorted = history.clone();
    sorted.events.sort_by_key(|(at, _)| *at);
    let given = [
        (FailedAt::Missing, None),
        (FailedAt::Exact, None),
        (FailedAt::Missing, Some(LOG)),
    ];
    for (failed_at, log) in given {
        (sorted.inputs.failed_at, sorted.inputs.log) = (failed_at, log);
        visit(&sorted);
    }
    if left == 0 {
        return;
    }
    for (at, event) in events.iter().enumerate() {
        history.events.push(*event);
        add(&events[at + 1..], left - 1, history, visit);
        history.events.pop();
    }
}

/// Whether the script enables the unit after it has delivered the file, if it delivers one.
fn delivers_first(history: &History) -> bool {
    let at = |wanted: fn(&Event) -> bool| {
        let by_script = |(_, event): &&(Nanos, Event)| {
            wanted(event) && event.who().is_some_and(|who| who.run().is_some())
        };
        history.events.iter().find(by_script).map(|(at, _)| *at)
    };
    let delivers = at(|event| matches!(event, Event::Deliver(_)));
    let enables = at(|event| matches!(event, Event::Enable(_)));
    delivers
        .zip(enables)
        .is_none_or(|(delivers, enables)| delivers < enables || enables > 3 * SECOND)
}

/// All that is judged of a recording, as one number.
fn fingerprint(recording: &Recording) -> u64 {
    let read = serde_json::to_string(&(
        &recording.attempts,
        recording.failed_at,
        &recording.log,
        &recording.vars,
    ));
    let mut hasher = DefaultHasher::new();
    read.expect("plain data").hash(&mut hasher);
    hasher.finish()
}

/// The truths of a hypothesis that occur; none where it is a matter of words.
type Truths = Vec<Option<bool>>;

/// Histories with one recording: the level of each hypothesis, and the truths that occur.
#[derive(Default)]
struct Group {
    levels: BTreeMap<String, Level>,
    truths: BTreeMap<String, Truths>,
    /// One of its histories.
    example: String,
}

/// The groups of all possible histories, and how many histories that are.
fn groups(runbook: &Arc<Runbook>, beside: usize) -> (usize, Vec<Group>) {
    let parts = on_all_processors(|thread, threads| {
        let (mut seen, mut histories) = (0, 0);
        let mut groups: BTreeMap<u64, Group> = BTreeMap::new();
        let mut twins = Vec::new();
        enumerate(beside, &mut |history| {
            seen += 1;
            if seen % threads == thread && delivers_first(history) && history.is_possible() {
                histories += 1;
                let (fingerprint, group) = group_of(runbook, history);
                groups.entry(fingerprint).or_default().merge(group);
                let possible = with_unseen(history, &history.play())
                    .into_iter()
                    .filter(History::is_possible);
                twins.extend(possible.map(|twin| twin_of(runbook, &twin)));
            }
        });
        (histories, groups, twins)
    });
    let mut histories = 0;
    let mut groups: BTreeMap<u64, Group> = BTreeMap::new();
    let mut twins = Vec::new();
    for (count, part, of_part) in parts {
        histories += count;
        twins.extend(of_part);
        for (fingerprint, group) in part {
            groups.entry(fingerprint).or_default().merge(group);
        }
    }
    for (fingerprint, truths) in twins {
        if let Some(group) = groups.get_mut(&fingerprint) {
            group.add_truths(truths);
        }
    }
    (histories, groups.into_values().collect())
}

/// The recording of a history that is counted only if another has the same, and its truths.
fn twin_of(runbook: &Arc<Runbook>, history: &History) -> (u64, BTreeMap<String, Truths>) {
    let mut world = history.play();
    let execution = record(runbook, history, &mut world);
    let truth = truth(history, &world);
    let truths = runbook.hypotheses.iter().map(|it| it.id.as_str());
    let truths = truths.chain([RACE, HEALTHY]);
    let truths = truths.map(|id| (id.to_owned(), vec![truth.of(id)]));
    (fingerprint(&execution.recording), truths.collect())
}

/// The group of one history alone.
fn group_of(runbook: &Arc<Runbook>, history: &History) -> (u64, Group) {
    let mut world = history.play();
    let execution = record(runbook, history, &mut world);
    let fingerprint = fingerprint(&execution.recording);
    let results = execution.results.expect("it is never stopped");
    let diagnosis = evaluate(runbook, &execution.recording, results);
    let levels = levels(&diagnosis);
    let truth = truth(history, &world);
    let truths = levels.keys().map(|id| (id.clone(), vec![truth.of(id)]));
    let truths = truths.collect();
    let example = history.to_text();
    (
        fingerprint,
        Group {
            levels,
            truths,
            example,
        },
    )
}

impl Group {
    fn merge(&mut self, other: Self) {
        self.levels = other.levels;
        self.example = other.example;
        self.add_truths(other.truths);
    }

    fn add_truths(&mut self, truths: BTreeMap<String, Truths>) {
        for (id, truths) in truths {
            let known = self.truths.entry(id).or_default();
            for truth in truths {
                if !known.contains(&truth) {
                    known.push(truth);
                }
            }
        }
    }
}

/// What became of a hypothesis in the groups in which it has one truth.
#[derive(Default, Clone, Copy)]
struct Half {
    /// Confirmed and true, or ruled out and false.
    decided: usize,
    /// Likely and true, or unlikely and false.
    leaning: usize,
    other: usize,
}

/// What became of a hypothesis.
#[derive(Default)]
struct Row {
    is_true: Half,
    is_false: Half,
    /// Whether it is true in any history.
    is_ever_true: bool,
    /// Histories with the same recording differ in it, and nothing certain is said.
    undecidable: usize,
    wrong: usize,
}

impl Half {
    fn add(&mut self, decided: Level, leaning: Level, level: Level) {
        if level == decided {
            self.decided += 1;
        } else if level == leaning {
            self.leaning += 1;
        } else {
            self.other += 1;
        }
    }

    const fn sum(self) -> usize {
        self.decided + self.leaning + self.other
    }

    /// Per cent of all that are decided.
    fn share(self) -> usize {
        100 * self.decided / self.sum().max(1)
    }
}

impl std::iter::Sum for Half {
    fn sum<I: Iterator<Item = Self>>(halves: I) -> Self {
        halves.fold(Self::default(), |sum, half| Self {
            decided: sum.decided + half.decided,
            leaning: sum.leaning + half.leaning,
            other: sum.other + half.other,
        })
    }
}

impl Row {
    fn add(&mut self, level: Level, truths: &[Option<bool>]) {
        self.is_ever_true |= truths.contains(&Some(true));
        let certain = match level {
            Level::Confirmed => Some(true),
            Level::RuledOut => Some(false),
            _ => None,
        };
        if certain.is_some_and(|said| truths.contains(&Some(!said))) {
            self.wrong += 1;
            return;
        }
        match truths {
            [] | [None] => {}
            [Some(true)] => self.is_true.add(Level::Confirmed, Level::Likely, level),
            [Some(false)] => self.is_false.add(Level::RuledOut, Level::Unlikely, level),
            _ => self.undecidable += 1,
        }
    }

    fn cells(&self) -> [usize; 8] {
        let (yes, no) = (self.is_true, self.is_false);
        [
            yes.decided,
            yes.leaning,
            yes.other,
            no.decided,
            no.leaning,
            no.other,
            self.undecidable,
            self.wrong,
        ]
    }
}

const HEADINGS: [&str; 8] = [
    "confirmed",
    "likely",
    "other",
    "ruled out",
    "unlikely",
    "other",
    "undecidable",
    "wrong",
];

/// Prints an example of each way in which a hypothesis can be decided and is not; `LXCDIAG_UNDECIDED` names it.
fn print_examples(groups: &[Group]) {
    let Ok(wanted) = std::env::var("LXCDIAG_UNDECIDED") else {
        return;
    };
    for group in groups {
        let level = group.levels.get(&wanted);
        if let (Some([Some(truth)]), Some(level)) =
            (group.truths.get(&wanted).map(Vec::as_slice), level)
            && !matches!(level, Level::Confirmed | Level::RuledOut)
        {
            println!(
                "# {wanted} is {truth}, and {}\n{}",
                level.words(),
                group.example
            );
        }
    }
}

#[test]
fn what_can_be_decided_is_decided() {
    let beside = number("LXCDIAG_EVENTS", BESIDE) as usize;
    let (histories, groups) = groups(&runbook(), beside);
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for group in &groups {
        for (id, level) in &group.levels {
            let truths = group.truths.get(id).map_or(&[][..], Vec::as_slice);
            rows.entry(id).or_default().add(*level, truths);
        }
    }
    print_examples(&groups);
    let recordings = groups.len();
    println!("{histories} histories give {recordings} different recordings");
    let line = |name: &str, cells: [String; 8]| {
        let cells = cells.map(|cell| format!(" {cell:>11}")).concat();
        println!("{name:20}{cells}");
    };
    line("hypothesis", HEADINGS.map(str::to_owned));
    // Of what is true in no history, nothing can be measured.
    rows.retain(|_, row| row.is_ever_true);
    for (id, row) in &rows {
        line(id, row.cells().map(|count| count.to_string()));
    }
    let yes = rows.values().map(|row| row.is_true).sum::<Half>().share();
    let no = rows.values().map(|row| row.is_false).sum::<Half>().share();
    println!("of what can be decided, {yes} % are confirmed and {no} % ruled out");
    let wrong = rows.iter().filter(|(_, row)| row.wrong > 0);
    let wrong: Vec<_> = wrong.map(|(id, row)| (id, row.wrong)).collect();
    assert!(wrong.is_empty(), "something false is certain: {wrong:?}");
    assert!(
        yes >= CONFIRMED && no >= RULED_OUT,
        "{yes} % are confirmed, and {no} % ruled out"
    );
}
