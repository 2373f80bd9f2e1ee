//! Which runbook to run next.

use super::{Findings, is_dashed};
use crate::runbook::model::Runbook;
use crate::runbook::next::NextSpec;
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let root = Path::default();
    of_list(&runbook.next, &root, found);
    for (index, hypothesis) in runbook.hypotheses.iter().enumerate() {
        of_list(
            &hypothesis.next,
            &root.key("hypotheses").index(index),
            found,
        );
    }
}

/// `path` is that of the mapping that has the list.
fn of_list(next: &[NextSpec], path: &Path, found: &mut Findings) {
    for (index, next) in next.iter().enumerate() {
        let path = path.key("next").index(index);
        if !is_dashed(&next.run) {
            let message = format!(
                "invalid name of a runbook {}\nhint: `lxcdiag list` shows the names",
                quoted(&next.run)
            );
            found.add(&path.key("run"), message);
        }
        for name in next.vars.keys() {
            found.underscored(&path.key("vars").key(name).on_key(), name);
        }
    }
}
