//! The patterns of what is secret.

use super::{Findings, is_name};
use crate::runbook::model::Runbook;
use crate::runbook::path::Path;
use crate::runbook::pattern::{reason, redact_pattern};
use crate::runbook::printable::quoted;

/// A text in which what can match nothing does so: `\b` not in the empty one.
const PROBE: &[u8] = b"a b\n\n-0";

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let path = Path::default().key("redact");
    for (index, pattern) in runbook.redact.iter().enumerate() {
        // One pattern may stand without a list.
        let path = match runbook.redact.len() {
            1 => path.clone(),
            _ => path.index(index),
        };
        let regex = match redact_pattern(pattern) {
            Ok(regex) => regex,
            Err(error) => {
                found.add(
                    path,
                    format!("not a regular expression: {}", reason(&error)),
                );
                continue;
            }
        };
        if regex.is_match(b"") || regex.find_iter(PROBE).any(|part| part.is_empty()) {
            found.add(
                path.clone(),
                "it matches the empty text, which is everywhere; ask for one character at least",
            );
        }
        for name in regex
            .capture_names()
            .flatten()
            .filter(|name| !is_name(name))
        {
            let message = format!(
                "the group {} names no class of secrets; use lower-case letters, digits and `_`, \
                 a letter first",
                quoted(name)
            );
            found.add(path.clone(), message);
        }
    }
}
