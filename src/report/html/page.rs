//! What the template is filled with: the report as plain data, every word chosen, every length bounded.

mod checks;
mod hypotheses;

use serde::Serialize;

use super::picture::{NARROW, Picture, WIDE};
use crate::evidence::fact::duration_in_words;
use crate::judge::findings::Severity;
use crate::judge::{Level, VerdictKind};
use crate::report::model::{CheckRow, Moment, Redaction, Report, RunbookLine};
use crate::report::moments::told;
use crate::report::table::short_time;
use crate::shell_quote::command_line;
use crate::terminal_text::clipped;
use checks::{CheckView, OutcomeCount};
use hypotheses::{HypothesisView, Leading};

/// Characters of a field; outputs are longer.
const FIELD: usize = 600;
/// Characters of what to do.
const REMEDY: usize = 16_384;
/// Moments that do not decide; the JSON report has them all.
const MOMENTS: usize = 250;

/// The page.
#[derive(Serialize)]
pub(super) struct Page {
    title: String,
    demonstration: Option<String>,
    cut_short: Option<String>,
    runbook: RunbookLine,
    /// How bad it is, as a class of the style sheet.
    tone: &'static str,
    /// How sure it is, before the headline; empty where the headline says it.
    level: String,
    headline: String,
    race: Option<&'static str>,
    nature: String,
    /// Limits that are exceeded.
    alarms: Vec<Named>,
    subject: Vec<Named>,
    read_only: bool,
    changed: Vec<String>,
    leading: Vec<Leading>,
    remedy: Vec<Block>,
    pictures: Vec<Picture>,
    moments: Vec<MomentView>,
    earlier_moments: usize,
    outcomes: Vec<OutcomeCount>,
    checks: Vec<CheckView>,
    hypotheses: Vec<HypothesisView>,
    provenance: Vec<Named>,
    redacted: Option<Vec<Redaction>>,
}

/// A value with its name.
#[derive(Serialize)]
struct Named {
    name: String,
    value: String,
    /// Nobody set it.
    default: bool,
}

impl Named {
    fn new(name: &str, value: impl AsRef<str>) -> Self {
        Self {
            name: short(name),
            value: short(value.as_ref()),
            default: false,
        }
    }
}

/// A paragraph, or commands to be copied.
#[derive(Serialize)]
struct Block {
    command: bool,
    text: String,
}

/// A moment, in the list beside the picture.
#[derive(Serialize)]
struct MomentView {
    at: String,
    until: Option<String>,
    later: String,
    what: String,
    decisive: bool,
}

impl Page {
    pub(super) fn new(report: &Report) -> Self {
        let (level, headline) = headline(report);
        let (shown, earlier_moments) = shown_moments(report);
        let told = told(&shown);
        Self {
            title: match level.is_empty() {
                true => format!("{headline}: container {}", report.target.ct),
                false => format!("{level}: {headline}: container {}", report.target.ct),
            },
            demonstration: report.demonstration.as_deref().map(short),
            cut_short: report.cut_short.as_deref().map(short),
            runbook: RunbookLine {
                id: short(&report.runbook.id),
                title: short(&report.runbook.title),
                sha256: short(&report.runbook.sha256),
            },
            tone: tone(report),
            level,
            headline,
            race: report.race_sentence(),
            nature: short(report.nature()),
            alarms: alarms(report),
            subject: subject(report),
            read_only: report.read_only,
            changed: report.changed.iter().map(|line| short(line)).collect(),
            leading: hypotheses::leading(report),
            remedy: blocks(&report.verdict.remedy),
            pictures: match told.is_empty() {
                true => Vec::new(),
                false => vec![Picture::new(&told, &WIDE), Picture::new(&told, &NARROW)],
            },
            moments: told
                .iter()
                .map(|told| MomentView {
                    at: told.moment.at.clone(),
                    until: told.moment.until.clone(),
                    later: told.later.clone(),
                    what: told.what.clone(),
                    decisive: told.moment.decisive,
                })
                .collect(),
            earlier_moments,
            outcomes: checks::outcomes(report),
            checks: checks::views(report),
            hypotheses: hypotheses::views(report),
            provenance: provenance(report),
            redacted: report.redacted.as_ref().map(|all| {
                all.iter()
                    .map(|one| Redaction {
                        class: short(&one.class),
                        place: short(&one.place),
                        count: one.count,
                    })
                    .collect()
            }),
        }
    }
}

/// A field, or its beginning: the JSON report has the whole.
fn short(text: &str) -> String {
    clipped(text, FIELD)
}

/// How sure it is, and of what.
fn headline(report: &Report) -> (String, String) {
    let word = match (report.judged(), report.worst()) {
        (Some(row), _) => return (capital(row.verdict.words()), short(&row.title)),
        _ if report.verdict.kind == VerdictKind::Healthy => "Healthy",
        (None, Some(Severity::Critical)) => "Critical",
        (None, Some(Severity::Warning)) => "Warning",
        (None, None) => "Cannot tell",
    };
    (String::new(), word.to_owned())
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn tone(report: &Report) -> &'static str {
    match (&report.verdict.kind, report.worst()) {
        (VerdictKind::Healthy, _) => "good",
        (_, Some(Severity::Critical)) => "bad",
        (kind, _) if kind.level() == Some(Level::Confirmed) => "bad",
        _ => "doubt",
    }
}

fn alarms(report: &Report) -> Vec<Named> {
    let alarm = |row: &CheckRow| {
        let name = match row.severity? {
            Severity::Critical => "Critical",
            Severity::Warning => "Warning",
        };
        Some(Named::new(name, format!("{}: {}", row.title, row.observed)))
    };
    report.checks.iter().filter_map(alarm).collect()
}

/// What was looked at, and with what.
fn subject(report: &Report) -> Vec<Named> {
    let target = &report.target;
    let mut container = target.ct.to_string();
    if !target.node.is_empty() {
        container.push_str(" on ");
        container.push_str(&target.node);
    }
    let mut rows = vec![Named::new("Container", container)];
    rows.extend(report.var_order.iter().filter_map(|name| {
        Some(Named {
            default: report.defaulted.contains(name),
            ..Named::new(name, report.vars.get(name)?)
        })
    }));
    if let Some(failed_at) = &report.failed_at {
        rows.push(Named::new("Failed at", failed_at));
    }
    let known =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| Named::new(name, value));
    rows.extend(known("Its system", &target.os));
    rows.extend(known("Its systemd", &target.systemd));
    rows.extend(known("Proxmox VE", &target.pve));
    rows.extend(known("Kernel", &target.kernel));
    let took = duration_in_words(report.took);
    rows.push(Named::new(
        "Collected",
        format!("{} UTC, in {took}", short_time(&report.started_at)),
    ));
    rows
}

fn provenance(report: &Report) -> Vec<Named> {
    vec![
        Named::new("Collected by", format!("lxcdiag {}", report.lxcdiag)),
        Named::new("Command line", command_line(&report.command_line)),
        Named::new("Commands went through", &report.target.via),
        Named::new("Began", &report.started_at),
        Named::new("Ended", &report.finished_at),
        Named::new("Runbook", &report.runbook.id),
        Named::new("SHA-256 of the runbook", &report.runbook.sha256),
    ]
}

/// Prose line by line; lines that are indented are commands, together one block without what all of
/// them are indented by.
fn blocks(text: &str) -> Vec<Block> {
    let text = clipped(text, REMEDY);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut blocks = Vec::new();
    for part in lines.chunk_by(|a, b| indent(a) > 0 && indent(b) > 0) {
        let least = part
            .iter()
            .map(|line| indent(line))
            .min()
            .unwrap_or_default();
        let lines: Vec<_> = part.iter().filter_map(|line| line.get(least..)).collect();
        blocks.push(Block {
            command: least > 0,
            text: lines.join("\n"),
        });
    }
    blocks
}

/// The latest moments and all that decide, and how many there are besides.
fn shown_moments(report: &Report) -> (Vec<&Moment>, usize) {
    let others = report.timeline.iter().filter(|moment| !moment.decisive);
    let hidden = others.count().saturating_sub(MOMENTS);
    let mut skipped = 0;
    let shown = report.timeline.iter().filter(|moment| {
        let skip = !moment.decisive && skipped < hidden;
        skipped += usize::from(skip);
        !skip
    });
    (shown.collect(), hidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_blocks_of_their_own() {
        let text = "Wait for it:\n    for i in 1 2; do\n      sleep 1\n    done\n\nNo delay cures this.\nSee:\n  ls\n";
        let blocks: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| (block.command, block.text))
            .collect();
        let expected = [
            (false, "Wait for it:"),
            (true, "for i in 1 2; do\n  sleep 1\ndone"),
            (false, "No delay cures this."),
            (false, "See:"),
            (true, "ls"),
        ];
        assert_eq!(
            blocks,
            expected.map(|(command, text)| (command, text.to_owned()))
        );
    }
}
