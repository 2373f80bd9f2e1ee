//! The failures in a trace, as those of a log whose times are known exactly. Pure.

use super::messages::Message;
use super::names::{self, Command};
use super::{FailureKind, LoggedFailure, Owner, Place};
use crate::evidence::container_id::ContainerId;
use crate::evidence::trace::{Call, Run, Trace};
use crate::shell_quote::command_line;

/// Commands of `systemctl` whose failure is a failure of provisioning, and not an answer.
const ACTIONS: [&str; 9] = [
    "daemon-reload",
    "daemon-reexec",
    "enable",
    "preset",
    "reenable",
    "reload-or-restart",
    "restart",
    "start",
    "unmask",
];

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFailure {
    /// Its message, or its exit status.
    pub text: String,
    /// Whether the message is one that is known, or the call one that must succeed. Otherwise the exit status may be an
    /// answer, as that of `test -e`.
    pub is_certain: bool,
}

/// Why a call failed, if it did: it wrote the message of a failure, perhaps with exit status 0, or its exit status is
/// not 0.
pub fn call_failure(call: &Call) -> Option<CallFailure> {
    if let Some(message) = messages(call).into_iter().next() {
        return Some(CallFailure {
            text: message.text,
            is_certain: true,
        });
    }
    // It may still be running.
    let has_ended = call.ending.exit.is_some() || call.ending.signal.is_some();
    (has_ended && !call.ending.is_success()).then(|| CallFailure {
        text: last_words(call),
        is_certain: call.push.is_some() || is_action(call),
    })
}

/// The failures in a trace, as seen from one container. `file` is the name of the trace.
pub fn traced_failures(trace: &Trace, file: &str, ct: ContainerId) -> Vec<LoggedFailure> {
    let is_of_container = |run: &Run| run.calls.iter().any(|call| call.ct == Some(ct));
    let mut failures = Vec::new();
    let mut number = 0;
    for (index, run) in trace.runs.iter().enumerate() {
        let later = trace.runs.iter().skip(index + 1);
        let later_runs = later.filter(|run| is_of_container(run)).count();
        for call in &run.calls {
            number += 1;
            let units = units(call);
            let place = Place {
                file: file.to_owned(),
                line: None,
                call: Some(number),
            };
            for message in failed(call) {
                let names_units = names::units(&message.text).next().is_some();
                failures.push(LoggedFailure {
                    at: Some(call.during(run)),
                    kind: message.kind,
                    text: message.text,
                    owner: match call.ct {
                        Some(own) if own == ct => Owner::ThisContainer,
                        Some(_) => Owner::AnotherContainer,
                        None => Owner::Unclear,
                    },
                    later_runs: Some(later_runs),
                    units: if names_units {
                        Vec::new()
                    } else {
                        units.clone()
                    },
                    place: Some(place.clone()),
                    zone_assumed: false,
                    container_assumed: false,
                });
            }
        }
    }
    failures
}

/// The messages of a call that failed.
fn failed(call: &Call) -> Vec<Message> {
    let mut messages = messages(call);
    let failed = call.finished_at.is_some() && !call.ending.is_success();
    if messages.is_empty() && failed && is_action(call) {
        messages.push(Message {
            kind: FailureKind::Unit,
            text: last_words(call),
            is_first_part: false,
        });
    }
    messages
}

/// The known messages, with those in several parts as one.
fn messages(call: &Call) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    let lines = call.stderr.as_deref().unwrap_or_default().lines();
    for message in lines.filter_map(Message::in_line) {
        // A command in the container may use the words of `pct push`.
        if message.kind == FailureKind::Push && call.program != "pct" {
            continue;
        }
        match messages.last_mut() {
            Some(first) if first.is_first_part && first.kind == message.kind => {
                first.text = format!("{}; {}", first.text, message.text);
                first.is_first_part = message.is_first_part;
            }
            _ => messages.push(message),
        }
    }
    messages
}

/// The last line that it wrote, otherwise its exit status.
fn last_words(call: &Call) -> String {
    let lines = call.stderr.as_deref().unwrap_or_default().lines();
    let mut said = lines.map(str::trim).filter(|line| !line.is_empty());
    said.next_back()
        .map_or_else(|| call.ending.to_string(), str::to_owned)
}

/// Whether it is a call of `systemctl` that is to do something.
fn is_action(call: &Call) -> bool {
    let mut words = call.arguments.iter().map(String::as_str);
    let is_systemctl = |word: &str| word.rsplit('/').next() == Some("systemctl");
    words.any(is_systemctl)
        && words
            .find(|word| !word.starts_with('-'))
            .is_some_and(|action| ACTIONS.contains(&action))
}

/// The units that its command line names.
fn units(call: &Call) -> Vec<String> {
    let line = command_line(&call.words());
    let containers = names::containers(&line);
    Command::of(&line, &containers).unwrap_or_default().units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::trace::{Ending, Push, Run, SCHEMA, SourceKind, Stamp};
    use crate::fixture::ct;

    const SECOND: i64 = 1_000_000_000;

    /// A call from one second to another.
    fn call(line: &str, from: i64, to: i64, exit: i32, stderr: &str) -> Call {
        let mut words = line.split(' ').map(str::to_owned);
        Call {
            program: words.next().unwrap(),
            path: "/usr/sbin/pct".to_owned(),
            arguments: words.collect(),
            ct: Some(ct(958)),
            pid: from as u32,
            started_at: Stamp::new(from * SECOND),
            finished_at: Some(Stamp::new(to * SECOND)),
            ending: Ending {
                exit: Some(exit),
                signal: None,
            },
            stderr: Some(stderr.to_owned()),
            stderr_bytes: stderr.len() as u64,
            stdout_included: false,
            boot: None,
            push: line.contains(" push ").then(|| Push {
                source: "unit".to_owned(),
                destination: "/etc/systemd/system/".to_owned(),
                kind: SourceKind::File,
                size: None,
                sha256: None,
                changed: false,
            }),
        }
    }

    fn trace(runs: Vec<Vec<Call>>) -> Trace {
        let run = |calls: Vec<Call>| Run {
            started_at: calls.first().unwrap().started_at,
            finished_at: calls.last().unwrap().finished_at.unwrap(),
            settle_ms: None,
            ending: Ending::default(),
            calls,
        };
        Trace {
            schema: SCHEMA.to_owned(),
            lxcdiag: String::new(),
            command: Vec::new(),
            runs: runs.into_iter().map(run).collect(),
        }
    }

    const PUSH: &str = "pct push 958 unit /etc/systemd/system/";
    const PUSH_FAILED: &str = "failed to create file: /etc/systemd/system/: Is a directory\n";
    const ENABLE: &str = "pct exec 958 -- systemctl enable embedding_server";
    const ENABLE_FAILED: &str =
        "Failed to enable unit: Unit file embedding_server.service does not exist.\n";

    #[test]
    fn a_failure_has_the_time_and_the_number_of_its_call() {
        let trace = trace(vec![vec![
            call(PUSH, 1, 2, 0, PUSH_FAILED),
            call(ENABLE, 3, 4, 1, ENABLE_FAILED),
        ]]);
        let failures = traced_failures(&trace, "trace.json", ct(958));
        let seen: Vec<_> = failures
            .iter()
            .map(|it| {
                (
                    it.kind,
                    it.place.as_ref().unwrap().to_string(),
                    it.at.unwrap(),
                )
            })
            .collect();
        let within = |from: i64, to: i64| {
            crate::evidence::time::Interval::new(from * SECOND, to * SECOND + 999)
        };
        assert_eq!(
            seen,
            [
                (
                    FailureKind::Push,
                    "trace.json, call 1".to_owned(),
                    within(1, 2)
                ),
                (
                    FailureKind::Unit,
                    "trace.json, call 2".to_owned(),
                    within(3, 4)
                ),
            ]
        );
    }

    #[test]
    fn a_failure_of_an_earlier_run_or_of_another_container_is_marked() {
        let failing = || call(ENABLE, 3, 4, 1, ENABLE_FAILED);
        let trace = trace(vec![vec![failing()], vec![call(ENABLE, 5, 6, 0, "")]]);
        let later = traced_failures(&trace, "t", ct(958))[0].later_runs;
        assert_eq!(later, Some(1));
        let owner = traced_failures(&trace, "t", ct(959))[0].owner;
        assert_eq!(owner, Owner::AnotherContainer);
    }

    #[test]
    fn an_action_that_fails_with_unknown_words_is_a_failure_of_its_units() {
        let trace = trace(vec![vec![call(
            ENABLE,
            3,
            4,
            1,
            "Aktivieren fehlgeschlagen\n",
        )]]);
        let failures = traced_failures(&trace, "t", ct(958));
        assert_eq!(failures[0].units, ["embedding_server.service"]);
        assert_eq!(failures[0].text, "Aktivieren fehlgeschlagen");
    }

    #[test]
    fn an_exit_status_that_is_an_answer_is_no_failure_of_provisioning() {
        for line in [
            "pct exec 958 -- test -e /etc/unit",
            "pct exec 958 -- systemctl is-active enable",
            "pct status 958",
        ] {
            let call = call(line, 1, 2, 3, "");
            let failure = call_failure(&call).unwrap();
            assert!(!failure.is_certain, "{line}");
            assert_eq!(failure.text, "exit status 3");
            assert!(traced_failures(&trace(vec![vec![call]]), "t", ct(958)).is_empty());
        }
    }

    #[test]
    fn a_push_that_fails_with_exit_status_0_is_a_failure() {
        let failure = call_failure(&call(PUSH, 1, 2, 0, PUSH_FAILED)).unwrap();
        assert!(failure.is_certain);
        assert_eq!(failure.text, PUSH_FAILED.trim_end());
        assert_eq!(call_failure(&call(PUSH, 1, 2, 0, "")), None);
    }
}
