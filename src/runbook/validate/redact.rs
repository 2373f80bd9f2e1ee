//! The patterns of secrets.

use super::Findings;
use crate::runbook::model::Runbook;
use crate::runbook::path::Path;
use crate::runbook::pattern::{reason, redact_pattern};

/// A text in which every pattern that can match an empty text does so: `\b` does not in an empty one.
const PROBE: &[u8] = b"a b\n\n-0";

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let path = Path::default().key("redact");
    for (index, pattern) in runbook.redact.iter().enumerate() {
        let path = path.one_of(index, runbook.redact.len());
        let regex = match redact_pattern(pattern) {
            Ok(regex) => regex,
            Err(error) => {
                found.add(&path, reason(&error));
                continue;
            }
        };
        if regex.is_match(b"") || regex.find_iter(PROBE).any(|part| part.is_empty()) {
            found.add(
                &path,
                "the regular expression matches the empty string, so it matches everywhere\nhint: require at \
                 least one character",
            );
        }
        for name in regex.capture_names().flatten() {
            found.underscored(&path, name);
        }
    }
}
