//! The report in brief, for a terminal: at most [`MOST`] lines of a plain incident. What decides comes first, and once
//! more at the end, where the prompt is; in between stand the checks and the moments that matter.

mod next;
mod reasons;

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::wrap::{clipped_lines, paragraph_at_most};
use super::{Layout, banner, rows, section, style, timeline};
use crate::judge::results::{EventSource, Outcome};
use crate::judge::{Remedy, VerdictKind};
use crate::report::model::{Bearing, CheckRow, EventRow, Report};
use crate::report::words::{Block, blocks, counts};
use crate::runbook::UNIT;
use crate::terminal_text::{visible, visible_lines};
use next::{MORE_REMEDIES, fix_command, more, next_step, other_remedies};
use reasons::{reason, reasons, shows_reason, verdict};

/// Lines of the whole.
const MOST: usize = 40;
/// Lines at the end that contain the verdict, the reason and the first command.
const LAST: usize = 24;
/// Lines of what to do, if it is repeated at the end.
const REPEATED: usize = 8;
/// Lines of each kind of evidence.
const EVIDENCE: usize = 3;
/// Lines of the reason at the end. It is shown whole, unless a container made it very long.
const REASON: usize = 8;
/// Lines of what a remedy does: often a command is at its end.
const TITLE: usize = 4;
/// Lines of what a remedy changes: the user has to know all of it before pasting the commands.
const CHANGES: usize = 4;
/// Lines of how to fix the cause.
const CAUSE: usize = 2;
/// Checks that are shown.
const CHECKS: usize = 10;
/// Failed checks that are named although they are not shown.
const NAMED: usize = 2;
/// Moments of the timeline.
const MOMENTS: usize = 6;

/// How many lines the texts about the verdict may take.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// For the evidence for and against it.
    evidence: usize,
    /// For each other text: what is missing, what would change it, what else may be true.
    others: usize,
    /// For how to fix the cause.
    cause: usize,
    without: Without,
}

/// What a page without room for evidence does not have: each also what those before it do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Without {
    Nothing,
    Moments,
    Checks,
    /// What the next command is about.
    Title,
    Next,
}

impl Room {
    const fn new(evidence: usize, others: usize, cause: usize) -> Self {
        Self {
            evidence,
            others,
            cause,
            without: Without::Nothing,
        }
    }

    const fn bare(without: Without) -> Self {
        Self {
            without,
            ..Self::new(0, 0, 0)
        }
    }

    const fn is_bare(self) -> bool {
        self.evidence == 0
    }
}

/// From the most room to the least. What to do next makes way last.
const ROOMS: [Room; 13] = [
    Room::new(EVIDENCE, 3, CAUSE),
    Room::new(EVIDENCE, 2, CAUSE),
    Room::new(EVIDENCE, 1, CAUSE),
    Room::new(EVIDENCE, 1, 0),
    Room::new(2, 1, 0),
    Room::new(1, 1, 0),
    Room::new(0, 0, CAUSE),
    Room {
        cause: CAUSE,
        ..Room::bare(Without::Title)
    },
    Room::bare(Without::Nothing),
    Room::bare(Without::Moments),
    Room::bare(Without::Checks),
    Room::bare(Without::Title),
    Room::bare(Without::Next),
];

pub(in crate::report) fn render(report: &Report, layout: Layout) -> String {
    let mut tries = ROOMS.into_iter().map(|room| within(report, layout, room));
    let fits = |page: &Page| lines(&page.text, layout) <= MOST && page.last <= LAST;
    let page = tries.clone().find(fits).or_else(|| tries.next_back());
    page.map(|page| page.text).unwrap_or_default()
}

struct Page {
    text: String,
    /// How many lines from the end the first command is.
    last: usize,
}

fn within(report: &Report, layout: Layout, room: Room) -> Page {
    let above = format!(
        "{}\n{}",
        head(report, layout),
        reasons(report, layout, room)
    );
    let note = other_remedies(report, layout, room);
    let first = fix(report, layout);
    let is_repeated = lines(&first, layout) <= REPEATED;
    let fix = first + &note;
    let moments = match room.without {
        Without::Nothing => moments(report, layout),
        _ => String::new(),
    };
    let further = match look_further(report, layout) {
        further if further.is_empty() => further,
        further => format!("\n{further}"),
    };
    let checked = checks(report, layout, MOST);
    let short = format!("{above}{fix}{checked}{moments}{further}");
    if lines(&short, layout) <= LAST && shows_reason(report, layout, room) {
        return Page {
            text: short,
            last: 0,
        };
    }
    let script = first_remedy(report).map_or("", |remedy| &remedy.commands);
    let shown = lines(&fix, layout).min(command_lines(script, layout) + lines(&note, layout));
    let closing = closing(report, layout, room, is_repeated);
    let below = lines(&fix, layout) + lines(&moments, layout) + lines(&closing, layout);
    let mut spare = MOST.saturating_sub(lines(&above, layout) + below);
    if !is_repeated {
        // The commands are among the last lines too: the checks make way.
        spare = spare.min(LAST.saturating_sub(below));
    }
    let checks = match room.without {
        Without::Nothing | Without::Moments => checks(report, layout, spare),
        _ => String::new(),
    };
    let end = format!("{checks}{moments}{closing}");
    Page {
        last: match is_repeated {
            true => lines(&closing, layout),
            false => shown + lines(&end, layout),
        },
        text: format!("{above}{fix}{end}"),
    }
}

fn command_lines(script: &str, layout: Layout) -> usize {
    let mut text = String::new();
    commands(&mut text, script);
    lines(&text, layout)
}

/// How many lines of the terminal a text takes: longer lines are broken by the terminal.
fn lines(text: &str, layout: Layout) -> usize {
    let rows = |line: &str| shown_width(line).div_ceil(layout.columns()).max(1);
    text.lines().map(rows).sum()
}

/// The columns of a line, without its colours.
fn shown_width(line: &str) -> usize {
    let mut parts = line.split('\x1b');
    let first = parts.next().unwrap_or_default().width();
    let after = |part: &str| part.split_once('m').map_or(0, |(_, text)| text.width());
    first + parts.map(after).sum::<usize>()
}

/// What was diagnosed, and what was changed.
fn head(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    let mut line = |body: &str, most: usize| {
        paragraph_at_most(&mut text, "  ", &visible(body), most, layout);
    };
    let target = &report.target;
    let node = match target.node.as_str() {
        "" => String::new(),
        node => format!(" on {node}"),
    };
    let read_only = match report.read_only {
        true => ", read-only run",
        false => "",
    };
    line(
        &format!(
            "container {}{node}, {} UTC{read_only}",
            target.ct,
            super::short_time(&report.started_at)
        ),
        1,
    );
    let (set, _) = super::vars(report);
    if !set.is_empty() {
        line(&set.join(" · "), 2);
    }
    // Of the defaults, what the report is about.
    if report.defaulted.iter().any(|name| name == UNIT)
        && let Some(unit) = report.vars.get(UNIT)
    {
        line(
            &format!("{UNIT}={unit} (the runbook's default; --unit names another)"),
            1,
        );
    }
    if let Some(settled) = &report.settled {
        line(&format!("runbooks that ran: {}", settled.runbooks()), 2);
    }
    if let Some(failed_at) = report.failure_time() {
        line(&format!("failed at {failed_at}"), 1);
    }
    if !report.changed.is_empty() {
        line(
            &format!(
                "this run changed the container: {}",
                report.changed.join("; ")
            ),
            2,
        );
    }
    if let Some(reason) = &report.cut_short {
        line(&format!("ended early: {reason}"), 1);
    }
    let mut head = String::new();
    super::title(&mut head, report, layout);
    head + &text
}

/// What to do first: the remedy that fixes the container now, if there is one.
fn fix(report: &Report, layout: Layout) -> String {
    let Some(first) = first_remedy(report) else {
        return unstructured_fix(report, layout);
    };
    let mut text = "\n".to_owned();
    section(&mut text, first.heading(), layout);
    paragraph_at_most(&mut text, "  ", &visible(&first.title), TITLE, layout);
    if let Some(effect) = first.effect() {
        paragraph_at_most(&mut text, "  ", &visible(&effect), CHANGES, layout);
    }
    for required in &first.requires {
        let needs = format!("First {}.", required.instruction());
        paragraph_at_most(&mut text, "  ", &visible(&needs), 1, layout);
    }
    commands(&mut text, &first.commands);
    text
}

/// The first remedy with commands, or just the first; those that fix the container now come first in a runbook.
fn first_remedy(report: &Report) -> Option<&Remedy> {
    let remedies = &report.verdict.remedies;
    let with_commands = remedies.iter().find(|remedy| !remedy.commands.is_empty());
    with_commands.or(remedies.first())
}

/// The first commands of a remedy that is one text, with the sentence before them.
fn unstructured_fix(report: &Report, layout: Layout) -> String {
    let blocks = blocks(&report.verdict.remedy);
    if blocks.is_empty() {
        return String::new();
    }
    let mut text = "\n".to_owned();
    section(&mut text, "What to do", layout);
    let last = first_command(&blocks).unwrap_or_default();
    let first = last.saturating_sub(1);
    for block in blocks.iter().take(last + 1).skip(first) {
        show(&mut text, block, layout);
    }
    if first > 0 || blocks.len() > last + 1 {
        more(&mut text, MORE_REMEDIES, report, layout);
    }
    text
}

fn first_command(blocks: &[Block]) -> Option<usize> {
    blocks.iter().position(|block| block.is_command)
}

fn show(text: &mut String, block: &Block, layout: Layout) {
    if !block.is_command {
        return paragraph_at_most(text, "  ", &visible(&block.text), 3, layout);
    }
    commands(text, &block.text);
}

/// Commands to copy: a line break or a lost space would make different ones.
fn commands(text: &mut String, script: &str) {
    for line in visible_lines(script).lines() {
        let _ = writeln!(text, "{}", format!("    {line}").trim_end());
    }
}

/// As many of the checks that matter as `spare` lines have room for, with the note on the others.
fn checks(report: &Report, layout: Layout, spare: usize) -> String {
    let tries = (0..=CHECKS).rev();
    let mut tries = tries.map(|most| most_important_checks(report, layout, most));
    let fits = |text: &String| lines(text, layout) <= spare;
    let found = tries.clone().find(fits).or_else(|| tries.next_back());
    found.unwrap_or_default()
}

fn most_important_checks(report: &Report, layout: Layout, most: usize) -> String {
    let mut matter: Vec<_> = report
        .checks
        .iter()
        .enumerate()
        .filter_map(|(place, check)| Some((weight(report, check)?, place)))
        .collect();
    matter.sort_unstable();
    matter.truncate(most);
    let mut places: Vec<_> = matter.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    let shown: Vec<_> = places
        .iter()
        .filter_map(|place| report.checks.get(*place))
        .collect();
    let mut text = "\n".to_owned();
    if !shown.is_empty() {
        text.push_str(&rows::brief_checks(&shown, layout));
    }
    let others = report.checks.iter().enumerate();
    let others = others.filter(|(place, _)| !places.contains(place));
    let others: Vec<_> = others.map(|(_, check)| check).collect();
    if !others.is_empty() {
        let note = format!("Checks not shown: {}; {}", not_shown(&others), see(report));
        for line in clipped_lines(&visible(&note), layout.columns(), 2) {
            let _ = writeln!(text, "{}", layout.paint(&line, style::DIM));
        }
    }
    text.push_str(&not_run(report, layout));
    text
}

/// Where the whole report is.
fn see(report: &Report) -> String {
    format!("see {}", report.whole_command.as_deref().unwrap_or("-v"))
}

/// How many checks there are of each outcome; a few that failed are named.
fn not_shown(checks: &[&CheckRow]) -> String {
    let failed = checks.iter().filter(|it| it.outcome == Outcome::Failed);
    let failed: Vec<_> = failed.map(|check| check.title.as_str()).collect();
    let counts = counts(checks.iter().copied()).map(|(word, count)| {
        if word == Outcome::Failed.name() && count <= NAMED {
            format!("{count} {word} ({})", failed.join("; "))
        } else {
            format!("{count} {word}")
        }
    });
    counts.collect::<Vec<_>>().join(", ")
}

/// The checks that were not run because they change the container, with the option to run them.
fn not_run(report: &Report, layout: Layout) -> String {
    let skipped = report.checks.iter();
    let skipped = skipped.filter(|check| check.changes && check.outcome == Outcome::Skipped);
    let titles: Vec<_> = skipped.map(|check| check.title.as_str()).collect();
    let mut text = String::new();
    let is_wrong = !matches!(
        report.verdict.kind,
        VerdictKind::Healthy | VerdictKind::NotApplicable
    );
    if report.read_only && is_wrong && !titles.is_empty() {
        let note = format!(
            "Not run, because they change the container: {} (--allow-changes runs them)",
            titles.join(", ")
        );
        paragraph_at_most(&mut text, "", &visible(&note), 2, layout);
    }
    text
}

/// How little a check matters; nothing if it does not matter at all.
fn weight(report: &Report, check: &CheckRow) -> Option<u8> {
    let is_ground = report.main_hypothesis().is_some_and(|row| {
        let mut grounds = row.grounds();
        grounds.any(|evidence| evidence.checks.contains(&check.key.check))
    });
    match (check.outcome, check.race) {
        _ if check.severity.is_some() => Some(0),
        (Outcome::Errored, _) => Some(1),
        (Outcome::Failed, _) => Some(2),
        _ if report.verdict.kind == VerdictKind::Healthy => None,
        _ if is_ground && has_found(check) => Some(3),
        (_, Bearing::DecisiveFor | Bearing::DecisiveAgainst) => Some(4),
        (_, Bearing::For | Bearing::Against) => Some(5),
        (_, Bearing::Nothing) => None,
    }
}

/// Whether a check that looks for something has found it.
fn has_found(check: &CheckRow) -> bool {
    let facts = check.facts.as_object().into_iter().flatten();
    let mut lists = facts.filter_map(|(_, fact)| fact.as_array()).peekable();
    lists.peek().is_none() || lists.any(|list| !list.is_empty())
}

/// The moments that the verdict depends on.
fn moments(report: &Report, layout: Layout) -> String {
    let deciding: Vec<&EventRow> = report
        .timeline
        .iter()
        .filter(|_| report.verdict.kind != VerdictKind::Healthy)
        .filter(|event| event.decisive || is_the_failure(event, report))
        .collect();
    let hidden = deciding.len().saturating_sub(MOMENTS);
    let deciding: Vec<_> = deciding.into_iter().skip(hidden).collect();
    let mut text = String::new();
    // What decides is their order.
    if deciding.len() > 1 {
        text.push('\n');
        timeline::moments(&mut text, &deciding, layout);
    }
    text
}

/// Whether an event is the failure: a log or a trace may have other failures of the unit as well.
fn is_the_failure(event: &EventRow, report: &Report) -> bool {
    match event.source {
        EventSource::FailedAt => true,
        EventSource::Log | EventSource::Trace => report.failed_at.as_ref() == Some(&event.at),
        _ => false,
    }
}

/// The command that looks for other causes, if the verdict is none.
fn look_further(report: &Report, layout: Layout) -> String {
    let mut text = String::new();
    if report.verdict.kind == VerdictKind::Inconclusive
        && let Some(command) = &report.overview_command
    {
        paragraph_at_most(&mut text, "", "Next: look for other causes:", 1, layout);
        commands(&mut text, command);
    }
    text
}

/// The verdict once more, with the reason and the first command.
fn closing(report: &Report, layout: Layout, room: Room, with_commands: bool) -> String {
    let inner = layout.narrowed(2);
    let mut body = verdict(report, inner);
    paragraph_at_most(&mut body, "", &visible(&reason(report)), REASON, inner);
    let first = first_remedy(report);
    let next = first.filter(|_| room.without < Without::Next && !with_commands);
    let with_title = room.without < Without::Title;
    let fix_command = next.and_then(|next| fix_command(report, next, with_title));
    if let Some(next) = next.filter(|_| fix_command.is_none()) {
        paragraph_at_most(&mut body, "", &visible(&next_step(next)), CHANGES, inner);
    }
    let mut text = "\n".to_owned();
    banner::with_bar(&mut text, &body, report, layout);
    if let Some(remedy) = first.filter(|_| with_commands) {
        commands(&mut text, &remedy.commands);
        return text;
    }
    text.push_str(&look_further(report, layout));
    if let Some((about, command)) = fix_command {
        paragraph_at_most(&mut text, "", &visible(&about), CHANGES, layout);
        commands(&mut text, command);
    }
    let blocks = blocks(&report.verdict.remedy);
    let next = first_command(&blocks).or(Some(0)).filter(|_| with_commands);
    if let Some(block) = next.and_then(|next| blocks.get(next)) {
        show(&mut text, block, layout);
    }
    text
}
