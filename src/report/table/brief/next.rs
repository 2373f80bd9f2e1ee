//! What to do next, in words.

use std::fmt::Write as _;

use super::reasons::beginning;
use super::{Room, first_remedy, see};
use crate::judge::Remedy;
use crate::report::model::Report;
use crate::report::table::{Layout, style};
use crate::runbook::RemedyKind;
use crate::terminal_text::visible;

/// If there is more to do than what is shown.
pub(super) const MORE_REMEDIES: &str = "More remedies";
const HOW_TO_FIX_THE_CAUSE: &str = "How to prevent it next time";

/// What else there is to do: how to fix the cause, if there is room for it.
pub(super) fn other_remedies(report: &Report, layout: Layout, room: Room) -> String {
    let Some(first) = first_remedy(report).filter(|_| report.verdict.remedies.len() > 1) else {
        return String::new();
    };
    let mut others = report.verdict.remedies.iter();
    let cause = others.find(|other| *other != first && other.kind == RemedyKind::Cause);
    let mut text = String::new();
    let note = match cause {
        Some(cause) if room.cause > 0 => {
            let words = visible(&format!("{}: {}", cause.kind.words(), cause.title));
            let width = layout.narrowed(2).columns();
            for line in beginning(&words, &format!("… {}", see(report)), width, room.cause) {
                let _ = writeln!(text, "  {line}");
            }
            return text;
        }
        Some(_) => HOW_TO_FIX_THE_CAUSE,
        None => MORE_REMEDIES,
    };
    more(&mut text, note, report, layout);
    text
}

pub(super) fn more(text: &mut String, what: &str, report: &Report, layout: Layout) {
    let note = visible(&format!("{what}: {}", see(report)));
    let _ = writeln!(text, "  {}", layout.paint(&note, style::DIM));
}

/// The command that runs the first remedy.
pub(super) fn fix_command<'a>(
    report: &'a Report,
    first: &Remedy,
    with_title: bool,
) -> Option<(String, &'a str)> {
    if first.kind != RemedyKind::Now || first.commands.is_empty() || !first.makes_changes() {
        return None;
    }
    let asks = match first.requires.first() {
        Some(value) => format!("it asks for {}", value.name),
        None => "it asks first".to_owned(),
    };
    let about = match with_title {
        true => format!(
            "Next: {} lxcdiag runs the commands above ({asks}):",
            first.title
        ),
        false => format!("Next: run the commands above, or let lxcdiag run them ({asks}):"),
    };
    Some((about, report.fix_command.as_deref()?))
}

/// Where the first command is, if it is above, and what it needs.
pub(super) fn next_step(first: &Remedy) -> String {
    if first.commands.is_empty() {
        return format!("Next: {}", first.title);
    }
    let needs = first.requires.iter();
    let needs: String = needs
        .map(|it| format!("{}, and ", it.instruction()))
        .collect();
    let what = match first.makes_changes() {
        true => first.heading(),
        false => "they only look",
    };
    format!("Next: {needs}run the commands above ({what})")
}
