//! Audit of provisioning scripts: reads bash, runs nothing, and says which lines cannot work. Pure.
//!
//! ```text
//! text → syntax tree → (walk) → events → (rules) → findings → Report → text in a format
//!        parse         walk              rules     finding    report
//! ```
//!
//! The walk follows the script in the order in which it would run, with what is known of the values of variables.
//! What it cannot follow is reported, and makes the rules careful. Files that the script sources are read through a
//! function that the caller gives.

mod allow;
mod branches;
mod event;
mod finding;
mod parse;
mod patch;
mod paths;
mod report;
mod rule;
mod rules;
mod subject;
mod symbol;
mod syntax;
mod text;
mod view;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use finding::{Severity, Sure};
pub use patch::{Left, ListFiles, Patch, Style, patch};
pub use report::{FileReport, Finding, Format, NotFollowed, Report};
pub use rule::{Explanation, Rule};

use crate::evidence::container_id::ContainerId;
use crate::evidence::provision_log::Place;
use crate::evidence::script::ScriptFinding;
use finding::Draft;
use view::View;
use walk::Walk;

/// A script to audit.
#[derive(Debug)]
pub struct Source {
    /// Its path, as the report names it.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Reads a file that a script names: the path of the script, and the path in it. Returns the path as the report names
/// it, and the text.
pub type Load<'a> = &'a dyn Fn(&str, &str) -> Option<(String, String)>;

/// Audits scripts, each by itself.
pub fn audit(sources: &[Source], load: Load) -> Report {
    let mut files: Vec<FileReport> = Vec::new();
    for source in sources {
        for report in audit_one(source, load) {
            // A file that several scripts source is in the report once.
            let known = files.iter_mut().find(|file| file.path == report.path);
            match known {
                Some(known) => known.add(report),
                None => files.push(report),
            }
        }
    }
    Report::new(files)
}

/// What the audit of a script finds, as evidence on a container: without findings that are certainly about another one.
pub fn evidence(source: &Source, load: Load, ct: ContainerId) -> Vec<ScriptFinding> {
    let (walk, drafts) = examine(source, load);
    let ct = ct.to_string();
    let mut found: Vec<ScriptFinding> = Vec::new();
    for draft in drafts.iter().filter(|it| it.subject.may_be_in(&ct)) {
        let file = walk.files.get(draft.place.file);
        let finding = ScriptFinding {
            place: Place {
                file: file.map(|file| file.path.clone()).unwrap_or_default(),
                line: Some(draft.place.line),
                call: None,
            },
            rule: draft.rule.name().to_owned(),
            severity: draft.severity,
            message: draft.message.clone(),
            units: draft.subject.units.clone(),
        };
        // A line in a loop or in a function is walked several times.
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found.sort_by(|a, b| {
        let key = |it: &ScriptFinding| (it.severity, it.place.line);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.place.file.cmp(&b.place.file))
    });
    found
}

fn audit_one(source: &Source, load: Load) -> Vec<FileReport> {
    let (walk, drafts) = examine(source, load);
    let files = walk.files.iter().enumerate();
    files
        .map(|(index, file)| {
            let here = drafts.iter().filter(|draft| draft.place.file == index);
            FileReport::new(file, findings(here), not_followed(&walk, index))
        })
        .collect()
}

/// What a script does, and what the rules find that it does not allow.
fn examine(source: &Source, load: Load) -> (Walk, Vec<Draft>) {
    let walk = walk::walk(&source.path, &source.text, load);
    let mut drafts = Vec::new();
    for view in View::of(&walk) {
        drafts.extend(rules::check(&view));
    }
    let files = walk.files.iter();
    let allowed: Vec<_> = files.map(allow::allowed).collect();
    drafts.retain(|draft| {
        let here = allowed.get(draft.place.file);
        here.is_none_or(|allowed| !allow::allows(allowed, draft.rule, draft.place.line))
    });
    (walk, drafts)
}

/// One finding for each rule and line: the worst.
fn findings<'a>(drafts: impl Iterator<Item = &'a Draft>) -> Vec<Finding> {
    let mut worst: BTreeMap<(Rule, usize), &Draft> = BTreeMap::new();
    for draft in drafts {
        worst
            .entry((draft.rule, draft.place.line))
            .and_modify(|known| {
                if draft.severity < known.severity {
                    *known = draft;
                }
            })
            .or_insert(draft);
    }
    let mut findings: Vec<Finding> = worst
        .into_values()
        .map(|draft| Finding {
            rule: draft.rule,
            severity: draft.severity,
            line: draft.place.line,
            end_line: draft.end.line.max(draft.place.line),
            message: draft.message.clone(),
            sure: draft.sure,
        })
        .collect();
    findings.sort_by_key(|finding| (finding.severity, finding.line, finding.rule));
    findings
}

fn not_followed(walk: &Walk, file: usize) -> Vec<NotFollowed> {
    let here = walk
        .not_followed
        .iter()
        .filter(|(place, _)| place.file == file);
    here.map(|(place, why)| NotFollowed {
        line: place.line.max(1),
        why: why.clone(),
    })
    .collect()
}
