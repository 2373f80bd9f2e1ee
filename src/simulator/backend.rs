//! A backend of the engine: the world answers the checks, and continues in the meantime.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::answers::{Question, Reply, answer};
use super::history::{History, NoAnswer};
use super::world::World;
use super::{CT, MILLI, Nanos};
use crate::engine::backend::{Backend, Call};
use crate::engine::execute::{Execution, Hooks, execute};
use crate::engine::plan::{Plan, Request};
use crate::engine::policy::ChangePolicy;
use crate::engine::stop::Stop;
use crate::engine::vars::resolve;
use crate::evidence::recording::{Attempt, Ending, RecordedRunbook, Recording, Target};
use crate::evidence::time::Interval;
use crate::fixture::ct;
use crate::runbook::{Runbook, Source, built_in};

/// How long each check takes.
const TAKES: Nanos = 6 * MILLI;

/// The world as lxcdiag sees it.
struct Simulated<'a> {
    world: &'a mut World,
    history: &'a History,
}

impl Backend for Simulated<'_> {
    fn now(&self) -> Interval {
        Interval::at(self.world.wall())
    }

    async fn open(&mut self, target: &mut Target) {
        self.world.advance(self.world.now + 60 * MILLI);
        target.systemd = Some(self.history.setup.systemd.to_string());
    }

    fn is_open(&self) -> bool {
        true
    }

    async fn attempt(&mut self, call: Call<'_>) -> Attempt {
        let started_at = self.world.wall();
        let inputs = &self.history.inputs;
        let mut unanswered = inputs.unanswered.iter();
        let unanswered = unanswered.find(|(id, _)| *id == call.check.id);
        let reply = match unanswered.map(|(_, reason)| reason) {
            Some(NoAnswer::TimedOut) => {
                let limit = call.check.timeout_seconds() * 1e9;
                self.world.advance(self.world.now + limit as Nanos);
                None
            }
            Some(reason) => Some(no_answer(*reason, &call)),
            None => {
                self.world.advance(self.world.now + TAKES / 2);
                let question = Question {
                    check: &call.check.id,
                    unit: inputs.unit_name(),
                    probe: call.probe.as_ref(),
                    source: self.history.source(),
                };
                Some(answer(self.world, &question))
            }
        };
        self.world.advance(self.world.now + TAKES / 2);
        let duration = self.world.wall() - started_at;
        let mut attempt = call.not_run(Ending::TimedOut);
        (attempt.started_at, attempt.duration) = (Some(started_at), Some(duration.max(0)));
        if let Some(reply) = reply {
            attempt.ending = reply.ending;
            attempt.stdout.head = reply.stdout;
            attempt.stderr.head = reply.stderr;
            attempt.found = reply.found;
        }
        attempt
    }

    async fn abort(&mut self, _: Option<Call<'_>>, _: Stop) -> Option<Attempt> {
        None
    }

    async fn close(&mut self) -> u64 {
        0
    }
}

/// What a check that does not run leaves.
fn no_answer(reason: NoAnswer, call: &Call<'_>) -> Reply {
    match call.argv.first() {
        Some(program) if reason == NoAnswer::NotInstalled => {
            Reply::exits(127, "", format!("sh: 1: {program}: not found\n"))
        }
        _ => Reply::errors("cannot be read: Permission denied (os error 13)"),
    }
}

/// The runbook whose judgement is tried.
pub(super) fn runbook() -> Arc<Runbook> {
    Arc::new(crate::runbook::read(&source()).expect("a valid runbook"))
}

fn source() -> Source {
    built_in("race-condition").expect("a built-in runbook")
}

/// The recording of a history as a file holds it, with the text of the runbook.
pub(super) fn whole_recording(runbook: &Arc<Runbook>, history: &History) -> Recording {
    let mut recording = record(runbook, history, &mut history.play()).recording;
    recording.runbook = source().recorded(&runbook.id);
    recording
}

/// Runs lxcdiag at the end of a history; the world is then as it is after the run.
pub(super) fn record(runbook: &Arc<Runbook>, history: &History, world: &mut World) -> Execution {
    let inputs = &history.inputs;
    let request = Request {
        runbook: Arc::clone(runbook),
        recorded: RecordedRunbook {
            id: runbook.id.clone(),
            sha256: String::new(),
            text: String::new(),
            parts: BTreeMap::new(),
            redacted: false,
        },
        values: resolve(runbook, &inputs.vars()).expect("valid vars"),
        command_line: Vec::new(),
        failed_at: inputs.stated_interval(world),
        log: inputs.failures(world),
        traced_pushes: Vec::new(),
        script: None,
        changes: match inputs.allows_changes {
            true => ChangePolicy::Allowed,
            false => ChangePolicy::Declined("--read-only is given"),
        },
        timeout: None,
        demonstration: None,
        keep_secrets: true,
    };
    let target = Target {
        node: "pve1".to_owned(),
        via: "pct".to_owned(),
        ..Target::new(ct(CT))
    };
    let plan = Plan::new(&request, target, world.own_changes.clone());
    let hooks = Hooks {
        before_change: &|_| Ok(()),
        begins: &|_| {},
    };
    world.asked_at = world.now;
    let mut never = std::future::pending();
    execute(&plan, Simulated { world, history }, &hooks, &mut never)
        .now_or_never()
        .expect("nothing to wait for")
}
