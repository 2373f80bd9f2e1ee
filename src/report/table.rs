//! The report for a terminal: verdict and remedy first, then everything that backs them, and the verdict
//! once more at the end, where the reader is after a long output has scrolled by.

mod banner;
pub(super) mod brief;
pub(crate) mod grid;
pub(super) mod rows;
mod timeline;
pub(crate) mod wrap;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::Report;
use crate::evidence::fact::duration_in_words;
use crate::terminal_text::{visible, visible_lines};
use wrap::{labelled, paragraph};

/// How the text is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether to use colour.
    pub colour: bool,
}

/// As in a file: 120 columns, no colour.
impl Default for Layout {
    fn default() -> Self {
        Self {
            width: 120,
            colour: false,
        }
    }
}

impl Layout {
    pub(crate) const fn columns(self) -> usize {
        self.width as usize
    }

    /// The same with fewer columns.
    const fn narrowed(self, by: u16) -> Self {
        Self {
            width: self.width.saturating_sub(by),
            ..self
        }
    }

    pub(crate) fn paint(self, text: &str, style: &str) -> String {
        if self.colour {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Styles of text, as the terminal's SGR parameters.
pub(crate) mod style {
    pub(super) const BOLD: &str = "1";
    pub(super) const DIM: &str = "2";
    pub(crate) const RED: &str = "1;31";
    pub(crate) const GREEN: &str = "1;32";
    pub(crate) const YELLOW: &str = "1;33";
}

pub(super) fn render(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    head(&mut text, report, layout);
    text.push('\n');
    banner::banner(&mut text, report, layout);
    text.push('\n');
    remedy(&mut text, report, layout);
    section(&mut text, "Checks", layout);
    text.push_str(&rows::checks(report, layout));
    text.push('\n');
    if !report.hypotheses.is_empty() {
        section(&mut text, "Hypotheses", layout);
        rows::hypotheses(&mut text, report, layout);
        text.push('\n');
    }
    script(&mut text, report, layout);
    if !report.timeline.is_empty() {
        timeline::timeline(&mut text, report, layout);
        text.push('\n');
    }
    banner::closing(&mut text, report, layout);
    text
}

/// The question, and whether it is a demonstration.
fn title(text: &mut String, report: &Report, layout: Layout) {
    let demonstration = report.demonstration.iter().map(|name| {
        format!("DEMONSTRATION: {name}, recorded earlier in a real container. Nothing runs now.")
    });
    let title = format!("{}: {}", report.runbook.id, report.runbook.title);
    for line in demonstration.chain([title]) {
        for line in wrap::wrap(&visible(&line), layout.columns()) {
            let _ = writeln!(text, "{}", layout.paint(&line, style::BOLD));
        }
    }
}

/// The vars that were set, and those with their default, each with its value.
fn vars(report: &Report) -> (Vec<String>, Vec<String>) {
    let known = report.var_order.iter().filter_map(|name| {
        let value = report.vars.get(name)?;
        let says = !value.is_empty() || !report.defaulted.contains(name);
        says.then(|| (name, format!("{name}={value}")))
    });
    let (set, defaults): (Vec<_>, Vec<_>) =
        known.partition(|(name, _)| !report.defaulted.contains(name));
    let texts = |vars: Vec<(&String, String)>| vars.into_iter().map(|(_, text)| text).collect();
    (texts(set), texts(defaults))
}

/// What was diagnosed, with what, and what was changed.
fn head(text: &mut String, report: &Report, layout: Layout) {
    title(text, report, layout);
    let target = &report.target;
    let mut container = format!("container {}", target.ct);
    if !target.node.is_empty() {
        let _ = write!(container, " on {}", target.node);
    }
    let _ = write!(container, " via {}", target.via);
    let known = [
        Some(container),
        target.os.clone(),
        target.systemd.as_ref().map(|v| format!("systemd {v}")),
        target.kernel.as_ref().map(|v| format!("kernel {v}")),
        target.pve.as_ref().map(|v| format!("Proxmox VE {v}")),
    ];
    let known: Vec<_> = known.into_iter().flatten().collect();
    paragraph(text, "  ", &visible(&known.join(" · ")), layout);
    let (set, defaults) = vars(report);
    if !set.is_empty() {
        paragraph(text, "  ", &visible(&set.join(" · ")), layout);
    }
    if !defaults.is_empty() {
        labelled(
            text,
            "  defaults:    ",
            &visible(&defaults.join(" · ")),
            layout,
        );
    }
    let mut run = format!(
        "{} UTC, took {}, lxcdiag {}",
        short_time(&report.started_at),
        duration_in_words(report.took),
        visible(&report.lxcdiag)
    );
    if report.read_only {
        run.push_str(", read-only: no declared changes were made");
    } else if report.changed.is_empty() {
        run.push_str(", no declared changes were made");
    }
    paragraph(text, "  ", &run, layout);
    if let Some(settled) = &report.settled {
        labelled(
            text,
            "  runbooks:    ",
            &visible(&settled.runbooks()),
            layout,
        );
    }
    if let Some(failed_at) = report.failure_time() {
        labelled(text, "  failed at:   ", &visible(&failed_at), layout);
    }
    // Without the path of the program, which is long and says little.
    if let Some((_, words)) = report.command_line.split_first() {
        let command = format!("lxcdiag {}", crate::shell_quote::command_line(words));
        labelled(text, "  command:     ", &visible(&command), layout);
    }
    for (number, command) in report.changed.iter().enumerate() {
        let label = if number == 0 { "changed by:" } else { "" };
        labelled(text, &format!("  {label:<12} "), &visible(command), layout);
    }
    let removed = removed(report);
    if !removed.is_empty() {
        labelled(text, "  redacted:    ", &removed, layout);
    }
    if let Some(reason) = &report.cut_short {
        labelled(text, "  ended early: ", &visible(reason), layout);
    }
}

/// How many secrets of each class were removed: `password 3, token 1`.
fn removed(report: &Report) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in report.redacted.iter().flatten() {
        *counts.entry(&row.class).or_default() += row.count;
    }
    let counts: Vec<_> = counts
        .iter()
        .map(|(class, count)| format!("{class} {count}"))
        .collect();
    counts.join(", ")
}

fn remedy(text: &mut String, report: &Report, layout: Layout) {
    if report.verdict.remedy.is_empty() {
        return;
    }
    section(text, "What to do", layout);
    for line in visible_lines(report.verdict.remedy.trim_end()).lines() {
        if line.starts_with(' ') {
            // A command to copy: a line break or a lost space would make a different command.
            let _ = writeln!(text, "  {}", line.trim_end());
        } else {
            paragraph(text, "  ", line, layout);
        }
    }
    text.push('\n');
}

/// What the audit found in the provisioning script.
fn script(text: &mut String, report: &Report, layout: Layout) {
    let Some(findings) = &report.script else {
        return;
    };
    section(text, "Provisioning script", layout);
    if findings.is_empty() {
        text.push_str("  no findings\n");
    }
    for finding in findings {
        let line = format!(
            "{}: {}: {} ({})",
            finding.at,
            finding.severity.name(),
            finding.message,
            finding.rule
        );
        paragraph(text, "  ", &visible(&line), layout);
    }
    text.push('\n');
}

fn section(text: &mut String, title: &str, layout: Layout) {
    let _ = writeln!(text, "{}", layout.paint(title, style::BOLD));
}

/// `2026-01-02 03:04:05` of a time in RFC 3339.
pub(crate) fn short_time(time: &str) -> String {
    time.split('.').next().unwrap_or(time).replacen('T', " ", 1)
}
