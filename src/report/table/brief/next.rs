//! What to do next, in words.

use crate::judge::Remedy;
use crate::report::model::Report;
use crate::runbook::RemedyKind;

/// The command that runs the first remedy, and what it asks.
pub(super) fn fix_command<'a>(
    report: &'a Report,
    first: &Remedy,
    with_title: bool,
) -> Option<(String, &'a str)> {
    if first.kind != RemedyKind::Now || first.commands.is_empty() || !first.makes_changes() {
        return None;
    }
    let asked = first.requires.iter();
    let asked = asked.map(|it| {
        let set = format!("set {} to ", it.name);
        let what = it.about.strip_prefix(&set).unwrap_or(&it.name);
        format!("for {what}, and ")
    });
    let asked: String = asked.collect();
    let asks = format!("It asks {asked}before each change:");
    let about = match with_title {
        true => format!(
            "Next: {} lxcdiag runs the commands above. {asks}",
            first.title
        ),
        false => format!("Next: let lxcdiag run the commands above. {asks}"),
    };
    Some((about, report.fix_command.as_deref()?))
}

/// Where the first command is, if it is above, and what it needs.
pub(super) fn next_step(first: &Remedy) -> String {
    if first.commands.is_empty() {
        return format!("Next: {}", first.title);
    }
    let needs = first.requires.iter();
    let needs: String = needs.map(|it| format!("{}, and ", it.about)).collect();
    let what = match first.makes_changes() {
        true => first.heading(),
        false => "they only look",
    };
    format!("Next: {needs}run the commands above ({what})")
}
