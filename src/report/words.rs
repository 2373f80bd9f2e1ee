//! The words that every format uses: the verdict in a line, and its evidence.

use std::borrow::Cow;
use std::collections::BTreeMap;

use indexmap::IndexSet;

use super::model::{CheckRow, Report};
use super::settled::Settled;
use crate::expression::Missing;
use crate::judge::results::{Outcome, Severity};
use crate::judge::{HypothesisResult, Level, VerdictKind};
use crate::runbook::Effect;

/// How many reasons for missing evidence are shown of a hypothesis for which others matter more.
const MISSING: usize = 3;

/// The label of what would change a verdict.
pub(super) const WOULD_CHANGE: &str = "Would change this";

impl Report {
    /// The verdict in a line: `LIKELY: Race condition (race-condition)`.
    pub(super) fn headline(&self) -> String {
        let state = self.state().to_uppercase();
        match (&self.verdict.kind, self.main_hypothesis()) {
            (VerdictKind::Hypothesis { id, .. }, Some(row)) => {
                format!("{state}: {} ({id})", row.title)
            }
            (VerdictKind::Inconclusive | VerdictKind::NotApplicable, _)
                if self.worst().is_some() =>
            {
                format!("{state} ({})", self.verdict.kind.id())
            }
            _ => state,
        }
    }

    /// The state of the container in a word: the level of the verdict, or the worst severity.
    pub(super) fn state(&self) -> &'static str {
        match (&self.verdict.kind, self.worst()) {
            (VerdictKind::Hypothesis { level, .. }, _) => level.words(),
            (VerdictKind::Healthy, _) => "healthy",
            (VerdictKind::Inconclusive | VerdictKind::NotApplicable, Some(severity)) => {
                severity.name()
            }
            (VerdictKind::NotApplicable, None) => "not applicable",
            (VerdictKind::Inconclusive, None) => "inconclusive",
        }
    }

    /// The worst severity of the limits that were exceeded.
    pub(super) fn worst(&self) -> Option<Severity> {
        self.exceeded().map(|(severity, _)| severity).max()
    }

    /// The checks that exceed a limit.
    pub(super) fn exceeded(&self) -> impl Iterator<Item = (Severity, &CheckRow)> {
        let checks = self.checks.iter();
        checks.filter_map(|check| Some((check.severity?, check)))
    }

    /// Whether it was a race; nothing if the runbook knows no race, or nothing is wrong.
    pub(super) fn race_sentence(&self) -> Option<&'static str> {
        if self.verdict.kind == VerdictKind::Healthy {
            return None;
        }
        Some(match self.verdict.race? {
            Level::Confirmed => "This was a race condition.",
            Level::Likely => "This looks like a race condition.",
            Level::Unknown => "Whether this was a race condition could not be determined.",
            Level::Unlikely => "This does not look like a race condition.",
            Level::RuledOut => "This was not a race condition.",
        })
    }

    /// When provisioning failed, and where that comes from: `2026-01-02 03:04:05.678 UTC (provision.log:17)`.
    pub(super) fn failure_time(&self) -> Option<String> {
        let time = self.failed_at.as_deref()?.replacen('T', " ", 1);
        let time = time.trim_end_matches('Z');
        // Without the digits that the source does not have.
        let time = time.strip_suffix("000").unwrap_or(time);
        let time = time.strip_suffix(".000").unwrap_or(time);
        let source = self.failed_at_source.as_deref().unwrap_or("--failed-at");
        let zone = match self.log_zone_assumed {
            true => "; time zone assumed, give it with --log-zone",
            false => "",
        };
        Some(format!("{time} UTC ({source}{zone})"))
    }

    /// The hypothesis that is the verdict.
    pub(super) fn main_hypothesis(&self) -> Option<&HypothesisResult> {
        let id = self.verdict.kind.id();
        self.hypotheses.iter().find(|row| row.id == id)
    }

    /// The leading race hypothesis, if something is wrong and it is not the verdict itself.
    pub(super) fn other_race(&self) -> Option<&HypothesisResult> {
        let level = self.verdict.race?;
        let mut races = self.hypotheses.iter().filter(|row| row.race);
        let leading = races.find(|row| row.level == level)?;
        let shown = self.verdict.kind != VerdictKind::Healthy;
        (shown && leading.id != self.verdict.kind.id()).then_some(leading)
    }

    /// What several runbooks found besides the verdict: lists with their labels.
    pub(super) fn besides(&self) -> Vec<(&'static str, Vec<String>)> {
        self.settled.as_ref().map_or_else(Vec::new, Settled::lists)
    }

    /// What happened, in a sentence: what the verdict claims, or why there is none.
    pub(super) fn explanation(&self) -> &str {
        self.main_hypothesis()
            .map_or(&self.verdict.summary, |row| &row.about)
    }
}

/// How many of some checks have each outcome, in words; those that need attention come first.
pub(super) fn counts<'a>(
    checks: impl Iterator<Item = &'a CheckRow>,
) -> impl Iterator<Item = (&'static str, usize)> {
    let mut counts: BTreeMap<(Outcome, &str), usize> = BTreeMap::new();
    for check in checks {
        *counts
            .entry((check.outcome, check.outcome_word()))
            .or_default() += 1;
    }
    counts.into_iter().map(|((_, word), count)| (word, count))
}

impl CheckRow {
    /// Its outcome in a word: a check without a condition neither passes nor fails.
    pub(super) const fn outcome_word(&self) -> &'static str {
        match self.is_info() {
            true => "info",
            false => self.outcome.name(),
        }
    }

    /// Whether it only collected facts.
    pub(super) const fn is_info(&self) -> bool {
        matches!(self.outcome, Outcome::Passed) && !self.has_condition
    }
}

impl HypothesisResult {
    /// What the evidence of this effect says, as far as it holds.
    fn holding(&self, effect: Effect) -> impl Iterator<Item = &str> {
        self.evidence
            .iter()
            .filter(move |evidence| evidence.holds == Some(true) && evidence.effect == effect)
            .map(|evidence| evidence.says.as_str())
    }

    /// Whether it is unlikely only because there is no evidence: many of these are one line.
    pub(super) fn lacks_evidence(&self) -> bool {
        self.level == Level::Unlikely && self.holding(Effect::Weakens).next().is_none()
    }

    /// Its verdict in words.
    pub(super) fn verdict_words(&self) -> &'static str {
        match self.conflicting {
            true => "conflicting",
            false => self.level.words(),
        }
    }

    /// The evidence for its verdict, and what would change it: lists with their labels, which may be empty. Of the
    /// missing evidence, at most `most_missing` names.
    pub(super) fn basis(&self, most_missing: usize) -> Vec<(&'static str, Vec<Cow<'_, str>>)> {
        // What settles it comes first.
        let holding = |settles, other| {
            let texts: IndexSet<_> = self.holding(settles).chain(self.holding(other)).collect();
            texts.into_iter().map(Cow::from).collect()
        };
        let supporting = holding(Effect::Confirms, Effect::Supports);
        let opposing = holding(Effect::RulesOut, Effect::Weakens);
        let mut lists = vec![("Evidence for", supporting), ("Evidence against", opposing)];
        // What is settled is settled whatever else is missing.
        let settled = matches!(self.level, Level::Confirmed | Level::RuledOut);
        if !settled && !self.missing.is_empty() {
            let reasons = self.missing_reasons(most_missing).into_iter();
            lists.push(("Missing", reasons.map(Cow::from).collect()));
        }
        let change = self.overturned_by.iter();
        lists.extend(change.map(|change| (WOULD_CHANGE, vec![change.into()])));
        lists
    }

    /// The main reason for its verdict, in a line.
    pub(super) fn reason(&self) -> String {
        if self.conflicting {
            let first = |effect| self.holding(effect).next().unwrap_or_default();
            return format!(
                "{}; but {}",
                first(Effect::Confirms),
                first(Effect::RulesOut)
            );
        }
        if let Some(first) = self.grounds().next() {
            return first.says.clone();
        }
        if self.lacks_evidence() {
            return "no supporting evidence".to_owned();
        }
        if self.missing.is_empty() {
            return "the evidence is balanced".to_owned();
        }
        format!("missing: {}", self.missing_reasons(MISSING).join("; "))
    }

    /// Why evidence is missing, each reason once, and at most this many.
    fn missing_reasons(&self, most: usize) -> Vec<String> {
        let reasons: IndexSet<_> = self.missing.iter().flat_map(Missing::reasons).collect();
        let more = reasons.len().saturating_sub(most);
        let mut shown: Vec<_> = reasons.into_iter().take(most).collect();
        if more > 0 {
            shown.push(format!("and {more} more"));
        }
        shown
    }
}

/// A part of a remedy.
pub(super) struct Block {
    /// Whether it is commands to copy, or else a sentence.
    pub(super) is_command: bool,
    pub(super) text: String,
}

/// The parts of a remedy: indented lines are commands, together one part without their common indent.
pub(super) fn blocks(remedy: &str) -> Vec<Block> {
    let lines: Vec<_> = remedy.lines().filter(|line| !line.is_empty()).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    lines
        .chunk_by(|a, b| indent(a) > 0 && indent(b) > 0)
        .map(|lines| {
            let filled = lines.iter().filter(|line| !line.trim().is_empty());
            let least = filled.map(|line| indent(line)).min().unwrap_or_default();
            let lines = lines
                .iter()
                .map(|line| line.get(least..).unwrap_or_default());
            let lines: Vec<_> = lines.collect();
            Block {
                is_command: least > 0,
                text: lines.join("\n").trim_end().to_owned(),
            }
        })
        .filter(|block| !block.text.trim().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indented_lines_of_a_remedy_are_commands() {
        let text = "Wait for it:\n    for i in 1 2; do\n    \n      sleep 1\n    done\n\n  \nA delay does not help.\nSee:\n  ls\n";
        let blocks: Vec<_> = blocks(text)
            .into_iter()
            .map(|block| (block.is_command, block.text))
            .collect();
        let expected = [
            (false, "Wait for it:"),
            (true, "for i in 1 2; do\n\n  sleep 1\ndone"),
            (false, "A delay does not help."),
            (false, "See:"),
            (true, "ls"),
        ];
        assert_eq!(
            blocks,
            expected.map(|(is_command, text)| (is_command, text.to_owned()))
        );
    }
}
