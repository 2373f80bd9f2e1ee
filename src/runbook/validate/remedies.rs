//! The remedies of a hypothesis.

use super::{Findings, command};
use crate::runbook::path::Path;
use crate::runbook::remedy::RemedySpec;

/// `path` is that of the hypothesis.
pub(super) fn validate(remedies: &[RemedySpec], path: &Path, found: &mut Findings) {
    if remedies.is_empty() {
        let message = "missing key `remedies`\nhint: write what to do if the hypothesis is true";
        found.add(path, message);
    }
    for (index, remedy) in remedies.iter().enumerate() {
        let path = path.key("remedies").index(index);
        found.not_blank(&path.key("title"), &remedy.title);
        match (&remedy.commands, &remedy.changes) {
            (Some(_), None) => {
                let message =
                    "missing key `changes`\nhint: write what the commands change, or `nothing`";
                found.add(&path, message);
            }
            (None, Some(_)) => {
                let message = "`changes` requires `commands`\nhint: delete it";
                found.add(&path.key("changes").on_key(), message);
            }
            (Some(_), Some(changes)) => found.not_blank(&path.key("changes"), changes),
            (None, None) => {}
        }
        if let Some(condition) = &remedy.only_if {
            found.not_blank(&path.key("only_if"), condition);
        }
        if let Some(script) = &remedy.commands {
            let path = path.key("commands");
            if script.trim().is_empty() {
                found.add(&path, "the script is empty\nhint: write shell commands");
            } else {
                command::pasted(script, &path, found);
            }
        }
    }
}
