//! Hypotheses and their evidence.

use std::collections::BTreeSet;

use super::Findings;
use crate::runbook::model::{Effect, Observed, Runbook};
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;

/// The other values of `verdict.id`.
const VERDICTS: &[&str] = &["healthy", "inconclusive", "not-applicable"];

pub(super) fn validate(runbook: &Runbook, found: &mut Findings) {
    let mut ids = BTreeSet::new();
    for (index, hypothesis) in runbook.hypotheses.iter().enumerate() {
        let path = Path::default().key("hypotheses").index(index);
        let id = hypothesis.id.as_str();
        found.dashed(&path.key("id"), id);
        if VERDICTS.contains(&id) {
            let message = format!("`{id}` is a reserved name\nhint: choose another name");
            found.add(&path.key("id"), message);
        }
        if !ids.insert(id) {
            let message = format!("duplicate hypothesis {}\nhint: rename one", quoted(id));
            found.add(&path.key("id"), message);
        }
        found.not_blank(&path.key("title"), &hypothesis.title);
        found.not_blank(&path.key("about"), &hypothesis.about);
        match (&hypothesis.remedy, hypothesis.remedies.as_slice()) {
            (Some(text), []) => found.not_blank(&path.key("remedy"), text),
            (Some(_), [_, ..]) => {
                let message = "a hypothesis has either `remedy` or `remedies`\nhint: delete one";
                found.add(&path.key("remedy").on_key(), message);
            }
            (None, remedies) => super::remedies::validate(remedies, &path, found),
        }
        if hypothesis.evidence.is_empty() {
            let message = "the list is empty\nhint: add evidence for or against the hypothesis";
            found.add(&path.key("evidence"), message);
        }
        for (index, evidence) in hypothesis.evidence.iter().enumerate() {
            let path = path.key("evidence").index(index);
            found.not_blank(&path.key("says"), &evidence.says);
            if hypothesis.at_best.is_some() && evidence.effect == Effect::Confirms {
                let message = "with `at_best: likely`, no evidence can confirm the hypothesis\nhint: delete `at_best`, or write `then: supports`";
                found.add(&path.key("then"), message);
            }
            if evidence.now == Some(Observed::File) && runbook.history.is_none() {
                let message =
                    "`now: file` requires `history`\nhint: add it, or write `now: container`";
                found.add(&path.key("now").on_key(), message);
            }
        }
    }
    for (key, assertion) in [("applies", &runbook.applies), ("healthy", &runbook.healthy)] {
        if let Some(assertion) = assertion {
            found.not_blank(&Path::default().key(key).key("says"), &assertion.says);
        }
    }
}
