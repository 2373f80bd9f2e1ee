//! Properties of every report in Markdown. The fuzz target `render` uses this file too.

use lxcdiag::judge::results::Outcome;
use lxcdiag::report::{Format, Layout, Report, render};
use lxcdiag::terminal_text::visible;

use crate::rendered::{self, Piece};

/// Both renderers agree: headings, tables with the text of every cell, a fold for each command with its output, and
/// nothing else.
pub fn holds(report: &Report) {
    let text = render(report, Format::Markdown, Layout::default());
    assert!(text.chars().count() < 60_000, "too long for a comment");
    for line in text.lines() {
        assert_eq!(visible(line), line, "control or invisible characters");
    }
    let pieces = rendered::comrak(&text);
    assert_eq!(rendered::pulldown(&text), pieces, "{text}");
    let whole = !text.contains(" more in the JSON report");
    plain_text_is_plain(&pieces);
    headings(&pieces, report);
    checks(&pieces, report, whole);
    folds(&pieces, report, whole);
}

/// Text outside of code contains no link, mention or emoji.
fn plain_text_is_plain(pieces: &[Piece]) {
    for piece in pieces {
        let Piece::Text(text) = piece else { continue };
        assert!(
            !text.contains([
                '@', '#', '!', '~', '$', '^', '&', '*', '[', ']', '<', '>', '{', '}', '\\', '_',
                '`', '/', '"', '+', '=', '%'
            ]),
            "{text}"
        );
        let characters: Vec<char> = text.chars().collect();
        for window in characters.windows(3) {
            let joins = matches!(window[1], '.' | ':') && window[2] != ' ';
            assert!(
                !joins || window[2].is_ascii_digit() || !window[2].is_alphanumeric(),
                "{text}"
            );
        }
    }
}

fn headings(pieces: &[Piece], report: &Report) {
    let found: Vec<_> = contents(pieces, "h2");
    let mut expected = vec!["What to do", "Checks", "Timeline", "Other hypotheses"];
    expected.extend([
        "About this report",
        "Commands in the container",
        "Redactions",
    ]);
    if report.verdict.remedy.trim_end().is_empty() {
        expected.remove(0);
    }
    assert_eq!(found, expected);
    let title = contents(pieces, "h1");
    let row = report
        .hypotheses
        .iter()
        .find(|row| row.id == report.verdict.kind.id());
    let (row, level) = (row.unwrap(), report.verdict.kind.level().unwrap());
    let headline = format!(
        "{}: {} ({})",
        level.words().to_uppercase(),
        row.title,
        row.id
    );
    assert_eq!(title.len(), 1);
    same(&title[0], &headline);
}

/// The text of each element of a kind.
fn contents(pieces: &[Piece], kind: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for piece in pieces {
        match (piece, &mut open) {
            (Piece::Begin(begin), _) if *begin == kind => open = Some(String::new()),
            (Piece::End(end), Some(text)) if *end == kind => {
                found.push(std::mem::take(text));
                open = None;
            }
            (Piece::Text(more) | Piece::Code(more), Some(text)) => text.push_str(more),
            _ => {}
        }
    }
    found
}

/// A text is shown unchanged, or cut with an ellipsis.
fn same(seen: &str, text: &str) {
    let whole = visible(text);
    let cut = seen
        .strip_suffix('…')
        .is_some_and(|head| whole.starts_with(head));
    assert!(seen == whole || cut, "{seen:?} is not {whole:?}");
}

fn checks(pieces: &[Piece], report: &Report, whole: bool) {
    let begin = pieces
        .iter()
        .position(|piece| *piece == Piece::Begin("table"));
    let end = pieces
        .iter()
        .position(|piece| *piece == Piece::End("table"));
    let table = &pieces[begin.unwrap()..end.unwrap()];
    let rows: Vec<_> = table
        .split(|piece| *piece == Piece::Begin("row"))
        .skip(1)
        .collect();
    let cells = |row: &[Piece]| contents(row, "cell");
    let has_steps = report.checks.iter().any(|check| check.step.is_some());
    let head = [
        "Step",
        "Check",
        "Outcome",
        "Observed",
        "Started (UTC)",
        "Duration",
        "Race",
    ];
    assert_eq!(cells(rows[0]), head[usize::from(!has_steps)..]);
    if whole {
        assert_eq!(rows.len(), 1 + report.checks.len());
    }
    for (row, check) in rows.iter().skip(1).zip(&report.checks) {
        let mut cells = cells(row);
        if !has_steps {
            cells.insert(0, String::new());
        }
        assert_eq!(cells.len(), 7, "{cells:?}");
        same(&cells[0], check.step.as_deref().unwrap_or_default());
        same(&cells[1], &check.title);
        let only_collects = !check.has_condition && check.outcome == Outcome::Passed;
        let outcome = if only_collects {
            "info"
        } else {
            check.outcome.name()
        };
        assert_eq!(cells[2], outcome);
        same(&cells[3], &check.observed);
        assert_eq!(cells[6], check.race.words());
    }
}

fn folds(pieces: &[Piece], report: &Report, whole: bool) {
    let html: Vec<&str> = pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Html(html) => Some(html.as_str()),
            _ => None,
        })
        .flat_map(str::lines)
        .filter(|line| !line.is_empty())
        .collect();
    let ran: Vec<_> = report
        .checks
        .iter()
        .filter(|check| !check.argv.is_empty())
        .collect();
    if whole {
        assert_eq!(html.len(), 2 * ran.len());
    }
    for pair in html.chunks(2) {
        let summary = pair[0].strip_prefix("<details><summary><code>").unwrap();
        let summary = summary.strip_suffix("</summary>").unwrap();
        assert!(
            !summary.replacen("</code>", "", 1).contains(['<', '>']),
            "{summary}"
        );
        assert_eq!(pair[1], "</details>");
    }
    let last = pieces
        .iter()
        .rposition(|piece| *piece == Piece::Begin("h2"))
        .unwrap();
    let first = pieces[..last]
        .iter()
        .rposition(|piece| *piece == Piece::Begin("h2"))
        .unwrap();
    let mut blocks = pieces[first..last].iter().filter_map(|piece| match piece {
        Piece::Block { language, text } => Some((language.as_str(), text.as_str())),
        _ => None,
    });
    for check in ran.iter().take(html.len() / 2) {
        let (language, command) = blocks.next().unwrap();
        assert_eq!(language, "sh");
        assert!(!command.is_empty());
        for output in [&check.stdout, &check.stderr] {
            if !output.is_empty() {
                let (language, shown) = blocks.next().unwrap();
                assert_eq!(language, "text");
                let lines = output.strip_suffix('\n').unwrap_or(output).split('\n');
                let expected: Vec<_> = lines.map(visible).collect();
                let cut = shown.contains(" omitted …]");
                assert!(cut || shown == expected.join("\n") + "\n", "{shown:?}");
            }
        }
    }
    assert_eq!(blocks.next(), None);
}
