//! Every text of a recording, taken apart field by field as the report is.

use super::Visitor;
use super::report::{optional, visit_target};
use crate::evidence::fact::{Fact, Facts};
use crate::evidence::provision_log::LoggedFailure;
use crate::evidence::recording::{Attempt, Ending, OwnChange, RecordedRunbook, Recording};

/// Shows a visitor every text and output that may hold a secret. The runbook's text is none: what
/// looks like a secret there is a pattern, or a command that looks for one.
pub(super) fn visit(recording: &mut Recording, visitor: &mut dyn Visitor) {
    let Recording {
        schema: _,
        lxcdiag,
        command_line,
        runbook:
            RecordedRunbook {
                id: _,
                sha256: _,
                text: _,
                redacted: _,
            },
        demonstration,
        target,
        vars,
        defaulted: _,
        failed_at: _,
        failed_at_given: _,
        log,
        read_only: _,
        started_at: _,
        finished_at: _,
        clock_uncertainty: _,
        cut_short,
        attempts,
        earlier_changes,
        stray_bytes: _,
    } = recording;
    visitor.text(format_args!("lxcdiag"), None, lxcdiag);
    visitor.words(format_args!("command_line"), command_line);
    optional(visitor, format_args!("demonstration"), demonstration);
    visit_target(target, visitor);
    for (name, value) in vars {
        visitor.text(format_args!("vars"), Some(name), value);
    }
    for LoggedFailure {
        at: _,
        kind: _,
        text,
        owner: _,
        later_runs: _,
        units,
    } in log.iter_mut().flatten()
    {
        visitor.text(format_args!("log"), None, text);
        for unit in units {
            visitor.text(format_args!("log"), None, unit);
        }
    }
    optional(visitor, format_args!("cut_short"), cut_short);
    for attempt in attempts {
        visit_attempt(attempt, visitor);
    }
    for OwnChange { argv, .. } in earlier_changes {
        visitor.words(format_args!("earlier_changes"), argv);
    }
}

fn visit_attempt(attempt: &mut Attempt, visitor: &mut dyn Visitor) {
    let Attempt {
        check: _,
        item,
        argv,
        changes: _,
        started_at: _,
        duration: _,
        ending,
        stdout,
        stderr,
        found,
        session_lost: _,
    } = attempt;
    optional(visitor, format_args!("item"), item);
    visitor.words(format_args!("argv"), argv);
    match ending {
        Ending::Skipped(reason) | Ending::Errored(reason) => {
            visitor.text(format_args!("ending"), None, reason)
        }
        Ending::Exited(_) | Ending::TimedOut | Ending::Looked => {}
    }
    visitor.output(stdout);
    visitor.output(stderr);
    for facts in found {
        visit_facts(facts, visitor);
    }
}

fn visit_facts(facts: &mut Facts, visitor: &mut dyn Visitor) {
    for (mut name, mut fact) in std::mem::take(facts) {
        visit_fact(Some(&name), &mut fact, visitor);
        visitor.text(format_args!("found"), None, &mut name);
        facts.insert(name, fact);
    }
}

fn visit_fact(name: Option<&str>, fact: &mut Fact, visitor: &mut dyn Visitor) {
    match fact {
        Fact::Text(text) => visitor.text(format_args!("found"), name, text),
        Fact::List(items) => items
            .iter_mut()
            .for_each(|item| visit_fact(name, item, visitor)),
        Fact::Record(facts) => visit_facts(facts, visitor),
        Fact::Int(_) | Fact::Number(_) | Fact::Bool(_) | Fact::Time(_) | Fact::Duration(_) => {}
    }
}
