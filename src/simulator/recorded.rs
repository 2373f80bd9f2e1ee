//! The answers of the simulator are those of real containers: compared with recordings of known states.

use std::sync::LazyLock;

use regex::Regex;

use super::answers::{Question, answer};
use super::event::{Delivery, Event, Fault, How, Origin, Place, Who};
use super::history::{History, Inputs};
use super::shrink::PLAIN;
use super::unit_text::{Cut, Text};
use super::world::Setup;
use super::{MILLI, SECOND, UNIT};
use crate::evidence::recording::Recording;

/// The checks whose whole output depends on the unit's state alone.
const COMPARED: [&str; 12] = [
    "stamp",
    "unit_file",
    "sum",
    "system",
    "init",
    "load",
    "unit_files",
    "is_enabled",
    "counterfactual",
    "verify",
    "reload",
    "enable",
];

const WHO: Who = Who::Script(1);

fn push(text: Text) -> Delivery {
    Delivery {
        who: WHO,
        how: How::Push,
        to: Place::Unit,
        text,
        opens_after: 8 * MILLI,
        takes: MILLI,
        cut: Cut::Empty,
        fault: None,
    }
}

/// What left each recorded state.
fn states() -> Vec<(&'static str, Vec<Event>)> {
    let good = Event::Deliver(push(Text::Good));
    let full = |cut| {
        let push = push(Text::Good);
        vec![Event::Full(true), Event::Deliver(Delivery { cut, ..push })]
    };
    let empty = Delivery {
        fault: Some(Fault::SourceIsDirectory),
        ..push(Text::Good)
    };
    let foreign = Delivery {
        how: How::HostCopy,
        ..push(Text::Good)
    };
    let link = Delivery {
        how: How::Link,
        ..push(Text::Good)
    };
    let nested = Delivery {
        to: Place::Nested,
        ..push(Text::Good)
    };
    vec![
        ("absent", vec![]),
        ("cut-section", full(Cut::InHeader)),
        ("cut-install", full(Cut::BeforeInstall)),
        ("dangling", vec![Event::Deliver(link)]),
        ("directory", vec![Event::MakeDirectory(WHO)]),
        ("push-dir-to-file", vec![Event::Deliver(empty)]),
        ("masked", vec![Event::Mask(WHO)]),
        ("nested", vec![Event::Deliver(nested)]),
        ("no-install", vec![Event::Deliver(push(Text::NoInstall))]),
        ("late-push", vec![good]),
        ("unmapped-owner", vec![Event::Deliver(foreign)]),
        ("healthy", vec![good, Event::Enable(WHO), Event::Start(WHO)]),
    ]
}

fn history(systemd: u32, unprivileged: bool, events: &[Event]) -> History {
    let boot = Event::Boot {
        answers_after: 300 * MILLI,
        up_after: SECOND,
    };
    let begins = [Event::Made(Origin::Created), boot];
    let events = begins.iter().chain(events).zip(1..);
    History {
        setup: Setup {
            systemd,
            unprivileged,
            ..PLAIN
        },
        events: events
            .map(|(event, at)| (at * 5 * SECOND, *event))
            .collect(),
        run_at: 200 * SECOND,
        inputs: Inputs::NONE,
    }
}

fn recorded(name: &str, systemd: u32) -> Recording {
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/runbooks/tests/recordings/{name}-{systemd}.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Output without colours, times and the name of a temporary directory; a link leads to the simulator's target.
pub(super) fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    static NAMES: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"lxcdiag\.\w{6}|\x1b\[[\d;]*m|\d{10}\.\d{9}").unwrap());
    // The rest of this message explains what such units are for.
    let text = text
        .split("\n \nPossible reasons")
        .next()
        .unwrap_or_default();
    let text = text.replace("/opt/embedding_server/", "/opt/app/");
    let text = text.replace("46|", "33|");
    NAMES.replace_all(&text, "").trim_end().to_owned()
}

#[test]
fn the_simulator_answers_as_real_containers_do() {
    let mut different = Vec::new();
    for (name, events) in states() {
        for systemd in [247, 252, 257] {
            let unprivileged = name == "unmapped-owner";
            let recording = recorded(name, systemd);
            let mut world = history(systemd, unprivileged, &events).play();
            world.is_full = false;
            for id in COMPARED {
                let attempt = recording
                    .attempts
                    .iter()
                    .find(|attempt| attempt.check == id);
                let attempt = attempt.expect("a recorded attempt");
                let question = Question {
                    check: id,
                    unit: UNIT,
                    probe: None,
                    source: Text::Good,
                };
                let reply = answer(&mut world, &question);
                let simulated = (reply.ending, plain(&reply.stdout), plain(&reply.stderr));
                let recorded = (
                    attempt.ending.clone(),
                    plain(&attempt.stdout.head),
                    plain(&attempt.stderr.head),
                );
                if simulated != recorded {
                    different.push(format!(
                        "{id} of {name}-{systemd}: {simulated:?}, not {recorded:?}"
                    ));
                }
            }
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The messages of PID 1 in the order in which journalctl prints them, without numbers.
fn messages(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output).into_owned();
    let message = |line: &str| {
        let record: serde_json::Value = serde_json::from_str(line).expect("a record");
        let message = record["MESSAGE"].as_str().expect("a message");
        message
            .replace(|c: char| c.is_ascii_digit() || c == '.', "")
            .replace("ms", "s")
    };
    text.lines().map(message).collect()
}

#[test]
fn the_simulator_logs_what_real_containers_log() {
    let cut = Delivery {
        cut: Cut::InHeader,
        ..push(Text::Good)
    };
    let provisioned = [
        ("absent", vec![]),
        ("cut-section", vec![Event::Full(true), Event::Deliver(cut)]),
        ("masked", vec![Event::Mask(WHO)]),
        ("no-install", vec![Event::Deliver(push(Text::NoInstall))]),
        ("crlf", vec![Event::Deliver(push(Text::CarriageReturns))]),
    ];
    for (name, mut events) in provisioned {
        events.extend([Event::Reload(WHO), Event::Enable(WHO)]);
        for systemd in [247, 252, 257] {
            let recording = recorded(name, systemd);
            let attempt = recording
                .attempts
                .iter()
                .find(|attempt| attempt.check == "pid1");
            let mut world = history(systemd, false, &events).play();
            let question = Question {
                check: "pid1",
                unit: UNIT,
                probe: None,
                source: Text::Good,
            };
            assert_eq!(
                messages(&answer(&mut world, &question).stdout),
                messages(&attempt.expect("a recorded attempt").stdout.head),
                "{name}-{systemd}"
            );
        }
    }
}
