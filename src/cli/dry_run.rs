//! `run --dry-run`: what a run would do, to the word.

use std::fmt::Write as _;

use crate::container::transport::Transport;
use crate::engine::execute::{PROBE, Request};
use crate::evidence::fact::Fact;
use crate::expression::{Binding, Evaluator, Scope, Unknown};
use crate::judge::findings::Findings;
use crate::runbook::{Action, HostLook};
use crate::shell_quote::command_line;
use crate::terminal_text::visible;

/// Stands for the item of a `for_each`, which only the run itself can know.
const ITEM: &str = "ITEM";

/// The client's command line and what is first sent to it, then a line for each check.
pub(super) fn describe(request: &Request<'_>, transport: &dyn Transport) -> String {
    let findings = Findings::new(request.runbook, &request.setting);
    let evaluator = findings.evaluator();
    let mut scope = findings.scope().clone();
    scope.bind("item", Binding::Present(Fact::Text(ITEM.to_owned())));
    let mut text = String::new();
    if request
        .runbook
        .checks
        .iter()
        .any(|check| check.host.is_none())
    {
        let client = command_line(&transport.argv(request.setting.ct));
        let probe = command_line(&["sh", "-c", PROBE].map(str::to_owned));
        let _ = writeln!(text, "{client}\n  (what system it is): {probe}");
    }
    for check in request.runbook.in_order() {
        let what = match check.action() {
            Some(Action::Host(look)) => host_look(look, evaluator, &scope),
            _ => check
                .argv(evaluator, &scope)
                .map(|argv| command_line(&argv)),
        };
        let what =
            what.unwrap_or_else(|Unknown(missing)| format!("(depends on {})", missing.join("; ")));
        let mut notes = Vec::new();
        if check.changes && request.setting.read_only {
            notes.push("skipped: --read-only".to_owned());
        } else if check.changes {
            notes.push("CHANGES the container".to_owned());
        }
        if !check.needs.is_empty() {
            notes.push(format!("only if {} passed", check.needs.join(", ")));
        }
        if let Some(list) = &check.for_each {
            notes.push(format!("for each {ITEM} of {list}"));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!("   # {}", notes.join("; "))
        };
        let body = what.trim_end().lines().map(visible).collect::<Vec<_>>();
        let _ = writeln!(text, "  {}: {}{notes}", check.id, body.join("\n      "));
    }
    text
}

fn host_look(look: &HostLook, evaluator: &Evaluator, scope: &Scope) -> Result<String, Unknown> {
    Ok(match look {
        HostLook::Container => "host: status, lock and configuration of the container".to_owned(),
        HostLook::Node => "host: the node's name and versions".to_owned(),
        HostLook::Tasks(types) => format!("host: task log ({})", types.join(", ")),
        HostLook::Source(path) => {
            let path = evaluator.render(path, scope)?;
            format!("host: size and SHA-256 of {path}")
        }
    })
}
