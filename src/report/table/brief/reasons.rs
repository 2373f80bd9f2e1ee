//! The verdict and what it is based on, each text in a few lines.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::{EVIDENCE, Room};
use crate::evidence::script::Severity as FindingSeverity;
use crate::judge::results::Severity;
use crate::judge::{HypothesisResult, Level, VerdictKind};
use crate::report::model::Report;
use crate::report::rivals::{Relation, Rivals};
use crate::report::table::wrap::{clipped_lines, paragraph_at_most, wrap};
use crate::report::table::{Layout, banner};
use crate::report::words::WOULD_CHANGE;
use crate::runbook::UNIT;
use crate::terminal_text::visible;
use unicode_width::UnicodeWidthStr as _;

/// Columns of the labels: `Would change this: `.
const LABEL: usize = 19;
/// The place of the evidence against a verdict in what it is based on.
const AGAINST: usize = 1;
/// Lines of what the verdict claims.
const ABOUT: usize = 4;

/// The verdict, and why.
pub(super) fn reasons(report: &Report, layout: Layout, room: Room) -> String {
    let inner = layout.narrowed(2);
    let mut body = verdict(report, inner);
    paragraph_at_most(&mut body, "", &visible(report.explanation()), ABOUT, inner);
    for (severity, label) in [
        (Severity::Critical, "Critical"),
        (Severity::Warning, "Warning"),
    ] {
        let exceeded = report.exceeded().filter(|(of, _)| *of == severity);
        let texts: Vec<_> = exceeded
            .map(|(_, check)| format!("{}: {}", check.title, check.observed).into())
            .collect();
        if !texts.is_empty() {
            evidence(&mut body, label, &texts, room.evidence.max(1), inner);
        }
    }
    if let Some(row) = report.main_hypothesis() {
        let is_certain = row.level == Level::Confirmed;
        let basis = row.basis(EVIDENCE).into_iter().enumerate();
        for (place, (label, texts)) in basis.filter(|(_, it)| !is_certain || it.0 != WOULD_CHANGE) {
            // The main evidence for it is repeated at the end.
            if !room.is_bare() || place == AGAINST && !texts.is_empty() {
                let most = match place {
                    ..=AGAINST => room.evidence,
                    _ => room.others,
                };
                evidence(&mut body, label, &unrepeated(texts), most.max(1), inner);
            }
        }
    }
    if let Some(settled) = &report.settled {
        let most = room.others.max(1);
        let names = settled.symptom_names();
        if !names.is_empty() {
            let names = listed(&names, most, inner);
            evidence(&mut body, "Symptoms", &[names.into()], most, inner);
        }
        for (label, texts) in settled.others() {
            let texts: Vec<_> = texts.into_iter().map(Cow::from).collect();
            evidence(&mut body, label, &texts, most, inner);
        }
    }
    if room.is_bare() {
        let mut text = String::new();
        banner::with_bar(&mut text, &body, report, layout);
        return text;
    }
    if let Some(race) = report.other_race().filter(|race| adds(race, report)) {
        let says = format!("{}: {}", race.verdict_words(), race.reason());
        evidence(
            &mut body,
            "Race condition",
            &[says.into()],
            room.others,
            inner,
        );
    }
    let faults = report.script.iter().flatten();
    let faults = faults.filter(|finding| finding.severity == FindingSeverity::Error);
    let faults: Vec<Cow<'_, str>> = faults
        .map(|finding| format!("{}: {}", finding.at, finding.message).into())
        .collect();
    if !faults.is_empty() {
        evidence(&mut body, "Script", &faults, room.others.min(2), inner);
    }
    rivals(&mut body, report, room.others.min(2), inner);
    let mut text = String::new();
    banner::with_bar(&mut text, &body, report, layout);
    text
}

/// Whether the line on the race says more than the summary of an inconclusive verdict.
fn adds(race: &HypothesisResult, report: &Report) -> bool {
    report.verdict.kind != VerdictKind::Inconclusive
        || race.level != Level::Unknown
        || race.conflicting
}

/// The hypotheses that may be true besides the verdict, in at most `most` lines for each relation to it.
fn rivals(body: &mut String, report: &Report, most: usize, layout: Layout) {
    for Rivals { relation, rows } in report.rivals() {
        let name = |row: &&HypothesisResult| match relation {
            Relation::AsLikely => format!("{}: {}", row.title, row.reason()),
            Relation::Explained => format!("{} ({})", row.title, row.verdict_words()),
            Relation::Confirmed | Relation::LessLikely | Relation::Unknown => row.title.clone(),
        };
        let names: Vec<_> = rows.iter().map(name).collect();
        let texts = match relation {
            Relation::AsLikely => names,
            _ => vec![listed(&names, most, layout)],
        };
        let texts: Vec<_> = texts.into_iter().map(Cow::from).collect();
        evidence(body, relation.label(), &texts, most, layout);
    }
}

/// As many names as fit in `most` lines beside a label.
fn listed(names: &[String], most: usize, layout: Layout) -> String {
    let width = layout.columns().saturating_sub(LABEL);
    let first = |shown: usize| {
        let hidden = names.len() - shown;
        with_more(names.get(..shown).unwrap_or_default().join("; "), hidden)
    };
    let fits = |shown: &usize| wrap(&first(*shown), width).len() <= most;
    first((1..=names.len()).rev().find(fits).unwrap_or(1))
}

fn with_more(text: String, hidden: usize) -> String {
    match hidden {
        0 => text,
        hidden => format!("{text}; and {hidden} more"),
    }
}

/// What the verdict is, and whether it was a race, unless its title says that: in one line if they fit. The unit is in that
/// line too if there is room.
pub(super) fn verdict(report: &Report, layout: Layout) -> String {
    let mut body = String::new();
    let headline = visible(&report.headline());
    let says_so = headline.to_lowercase().contains("race condition");
    let race = report.race_sentence().filter(|_| !says_so);
    let race = race.unwrap_or_default();
    let fits = |line: &String| line.width() <= layout.columns();
    let both = Some(format!("{headline}. {race}")).filter(|both| !race.is_empty() && fits(both));
    let plain = if both.is_some() { "" } else { race };
    let painted = both.unwrap_or(headline);
    let unit = report.vars.get(UNIT).filter(|unit| !unit.is_empty());
    let unit = unit.filter(|_| matches!(report.verdict.kind, VerdictKind::Hypothesis { .. }));
    let about = unit.map(|unit| format!("{painted} · {}", visible(unit)));
    let painted = about.filter(fits).unwrap_or(painted);
    for line in clipped_lines(&painted, layout.columns(), 2) {
        let _ = writeln!(body, "{}", layout.paint(&line, banner::colour(report)));
    }
    if !plain.is_empty() {
        let _ = writeln!(body, "{plain}");
    }
    body
}

/// Without the texts that say only parts of one before them.
fn unrepeated(texts: Vec<Cow<'_, str>>) -> Vec<Cow<'_, str>> {
    let mut kept: Vec<Cow<'_, str>> = Vec::new();
    for text in texts {
        let repeats = |other: &Cow<'_, str>| {
            let parts: Vec<_> = other.split(", ").collect();
            text.split(", ").all(|part| parts.contains(&part))
        };
        if !kept.iter().any(repeats) {
            kept.push(text);
        }
    }
    kept
}

/// Texts with a label, in at most `most` lines: as many as fit whole, or the beginning of the first.
fn evidence(body: &mut String, label: &str, texts: &[Cow<'_, str>], most: usize, layout: Layout) {
    let none = [Cow::from("none")];
    let texts = match texts {
        [] => none.as_slice(),
        texts => texts,
    };
    let width = layout.columns().saturating_sub(LABEL);
    let first = |shown: usize| -> Vec<String> {
        let hidden = texts.len() - shown;
        let texts = texts.iter().take(shown).enumerate();
        let texts = texts.map(|(number, says)| match number + 1 == shown {
            true => with_more(visible(says), hidden),
            false => visible(says),
        });
        texts.flat_map(|says| wrap(&says, width)).collect()
    };
    let mut tries = (1..=texts.len().min(most)).rev().map(first);
    let whole = tries.find(|lines| lines.len() <= most);
    let lines = whole.unwrap_or_else(|| {
        let first = texts.first().map(|says| visible(says));
        beginning(&first.unwrap_or_default(), "…", width, most)
    });
    for (number, line) in lines.iter().enumerate() {
        let label = match number {
            0 => format!("{label}:"),
            _ => String::new(),
        };
        let _ = writeln!(body, "{}", format!("{label:<LABEL$}{line}").trim_end());
    }
}

/// A text in at most `most` lines: its beginning with an ellipsis, whole sentences if one fits, with `rest` if that
/// fits too.
pub(super) fn beginning(text: &str, rest: &str, width: usize, most: usize) -> Vec<String> {
    let whole = wrap(text, width);
    if whole.len() <= most {
        return whole;
    }
    let sentences = text.rmatch_indices(". ");
    let sentences = sentences.filter_map(|(end, _)| text.get(..=end));
    let mut fitting = sentences
        .flat_map(|sentences| [rest, "…"].map(|rest| wrap(&format!("{sentences} {rest}"), width)))
        .filter(|lines| lines.len() <= most);
    fitting
        .next()
        .unwrap_or_else(|| clipped_lines(text, width, most))
}

/// The reason for the verdict, as it stands at the end.
pub(super) fn reason(report: &Report) -> String {
    let reason = report.main_hypothesis().map(HypothesisResult::reason);
    reason.map_or_else(
        || report.verdict.summary.clone(),
        |reason| format!("Reason: {reason}"),
    )
}

/// Whether the reason for the verdict is shown whole above.
pub(super) fn shows_reason(report: &Report, layout: Layout, room: Room) -> bool {
    let inner = layout.narrowed(2).columns();
    match report.main_hypothesis() {
        Some(row) => {
            wrap(&visible(&row.reason()), inner.saturating_sub(LABEL)).len() <= room.evidence
        }
        None => wrap(&visible(&report.verdict.summary), inner).len() <= ABOUT,
    }
}

#[cfg(test)]
mod tests {
    use super::unrepeated;

    #[test]
    fn evidence_that_says_part_of_other_evidence_is_not_repeated() {
        let texts = [
            "it arrived late, written by a push that was running, and it can be enabled now",
            "it arrived late, and it can be enabled now",
            "it arrived late, and it cannot be enabled now",
        ];
        let kept = unrepeated(texts.map(Into::into).into());
        assert_eq!(kept, [texts[0], texts[2]]);
    }
}
