//! The report as one HTML file that loads nothing; and the rendering of such a file from any template.
//!
//! The template has all the markup, and gets the report itself. Every text that it prints is clipped, made
//! visible and escaped by the engine, so that no field can be forgotten. Only the texts of [`text`] are longer.

mod picture;
mod text;

use std::borrow::Cow;
use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, HtmlEscape, UndefinedBehavior, context, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::code;
use super::events::describe;
use super::model::{EventRow, Report};
use super::table::short_time;
use super::words::counts;
use crate::evidence::fact::duration_in_words;
use crate::judge::results::Severity;
use crate::judge::{HypothesisResult, Level, VerdictKind};
use crate::shell_quote::command_line;
use crate::terminal_text::{clipped, visible_text};
use picture::{NARROW, WIDE, picture};

/// The beginning of every page, up to its body.
const HEAD: &str = include_str!("html/head.html");
const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// Because of its extension, the engine escapes.
const NAME: &str = "page.html";
/// Characters of a field.
const FIELD: usize = 600;
/// Events that are not decisive; the JSON report has them all.
const EVENTS: usize = 250;
/// Names of what is missing.
const MISSING: usize = 10;

pub(super) fn render(report: &Report) -> String {
    let (events, earlier_events) = shown_events(report);
    let events = describe(&events);
    let leading = report
        .main_hypothesis()
        .into_iter()
        .chain(report.other_race());
    let page = context! {
        report => Value::from(Serde(report)),
        took => report.took,
        failed_at => report.failure_time(),
        var_order => &report.var_order,
        title => format!("{}: container {}", report.headline(), report.target.ct),
        tone => tone(report),
        state => report.state(),
        main => report.main_hypothesis().map(|row| row.title.as_str()),
        race => report.race_sentence(),
        explanation => report.explanation(),
        besides => Value::from(Serde(report.besides())),
        leading => Value::from(Serde(leading.map(Hypothesis::new).collect::<Vec<_>>())),
        hypotheses => Value::from(Serde(hypotheses(report))),
        pictures => match events.is_empty() {
            true => Vec::new(),
            false => vec![picture(&events, &WIDE), picture(&events, &NARROW)],
        },
        events => Value::from(Serde(events)),
        earlier_events,
        has_steps => report.checks.iter().any(|row| row.step.is_some()),
        outcomes => counts(report.checks.iter()).collect::<Vec<_>>(),
        info => report
            .checks
            .iter()
            .filter(|row| row.is_info())
            .map(|row| row.key.to_string())
            .collect::<Vec<_>>(),
    };
    filled(TEMPLATE, STYLE, SCRIPT, &report.code, page)
}

/// A page from the template of its body. Without a script, its policy allows none. `code` are the patterns of code in
/// sentences.
pub(crate) fn filled(
    template: &str,
    style: &str,
    script: &str,
    code: &[String],
    page: Value,
) -> String {
    rendered(template, style, script, code, page).unwrap_or_else(|error| {
        // Only a defect of the template ends here: it must not look like an empty report.
        let error = visible_text(&error.to_string());
        format!(
            "<!doctype html>\n<p>This page could not be rendered: {}\n",
            HtmlEscape(&error)
        )
    })
}

fn rendered(
    template: &str,
    style: &str,
    script: &str,
    code: &[String],
    page: Value,
) -> Result<String, Error> {
    let whole = format!("{HEAD}{template}");
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            let text = visible_text(&clipped(text, FIELD));
            escape_formatter(out, state, &Value::from(text))
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("clipped", |text: &str, most| clipped(text, most));
    environment.add_filter("short_time", short_time);
    environment.add_filter("time_of_day", |time: &str| {
        time.get(11..26).unwrap_or_default().to_owned()
    });
    environment.add_filter("duration", duration_in_words);
    environment.add_filter("words", |id: &str| id.replace('_', " "));
    environment.add_filter("command_line", |argv: Vec<String>| command_line(&argv));
    environment.add_filter("grouped", text::grouped);
    environment.add_filter("excerpt", text::excerpt);
    let code = code::finder(code);
    let in_remedies = code.clone();
    environment.add_filter("prose", move |text: &str| {
        text::prose(&clipped(text, FIELD), code.as_ref())
    });
    // In a finding, everything between backticks is from the script, or a command.
    let any = code::finder(&["[^`\n]+".to_owned()]);
    environment.add_filter("script_prose", move |text: &str| {
        text::prose(&clipped(text, FIELD), any.as_ref())
    });
    environment.add_filter("blocks", move |remedy: &str| {
        text::blocks(remedy, in_remedies.as_ref())
    });
    environment.add_filter("pretty", text::pretty);
    environment.add_template(NAME, &whole)?;
    environment.get_template(NAME)?.render(context! {
        policy => Value::from_safe_string(policy(style, script)),
        style => Value::from_safe_string(style.to_owned()),
        script => Value::from_safe_string(script.to_owned()),
        ..page
    })
}

/// The Content Security Policy: nothing but the style and the script of this file, by their hashes.
fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let script = match script.is_empty() {
        true => String::new(),
        false => format!("script-src 'sha256-{}'; ", hash(script)),
    };
    format!(
        "default-src 'none'; style-src 'sha256-{}'; {script}base-uri 'none'; form-action 'none'",
        hash(style)
    )
}

/// The severity as a class of the style sheet.
fn tone(report: &Report) -> &'static str {
    match (&report.verdict.kind, report.worst()) {
        (VerdictKind::Healthy, _) => "good",
        (_, Some(Severity::Critical)) => "bad",
        (kind, _) if kind.level() == Some(Level::Confirmed) => "bad",
        _ => "doubt",
    }
}

/// A hypothesis with the words for it.
#[derive(Serialize)]
struct Hypothesis<'a> {
    #[serde(flatten)]
    row: &'a HypothesisResult,
    words: &'static str,
    reason: String,
    grounds: Vec<(&'static str, Vec<Cow<'a, str>>)>,
}

impl<'a> Hypothesis<'a> {
    fn new(row: &'a HypothesisResult) -> Self {
        Self {
            row,
            words: row.verdict_words(),
            reason: row.reason(),
            grounds: row.basis(MISSING),
        }
    }
}

/// All hypotheses, the strongest first.
fn hypotheses(report: &Report) -> Vec<Hypothesis<'_>> {
    let mut rows: Vec<_> = report.hypotheses.iter().collect();
    rows.sort_by_key(|row| {
        let other = row.id != report.verdict.kind.id();
        (Reverse(row.level), other, row.lacks_evidence())
    });
    rows.into_iter().map(Hypothesis::new).collect()
}

/// The latest events and all that are decisive, and how many others there are.
fn shown_events(report: &Report) -> (Vec<&EventRow>, usize) {
    let others = report.timeline.iter().filter(|event| !event.decisive);
    let hidden = others.count().saturating_sub(EVENTS);
    let mut skipped = 0;
    let shown = report.timeline.iter().filter(|event| {
        let skip = !event.decisive && skipped < hidden;
        skipped += usize::from(skip);
        !skip
    });
    (shown.collect(), hidden)
}
