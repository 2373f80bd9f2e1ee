//! The report as one HTML file that loads nothing, and whose own style and script are all that may act; and
//! what makes such a file of any template.
//!
//! The template holds all the markup, and gets the report itself. Whatever it prints is cut to the length of
//! a field, made visible, and escaped by the engine, so that no field can be forgotten; only the texts of
//! [`text`] are longer.

mod picture;
mod text;

use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, HtmlEscape, UndefinedBehavior, context, escape_formatter};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::model::{HypothesisRow, Moment, Report};
use super::moments::told;
use super::table::rows::because;
use super::table::short_time;
use crate::evidence::fact::duration_in_words;
use crate::judge::findings::Severity;
use crate::judge::{Level, VerdictKind};
use crate::shell_quote::command_line;
use crate::terminal_text::{clipped, visible_text};
use picture::{NARROW, WIDE, picture};

/// What every page begins with, up to its body.
const HEAD: &str = include_str!("html/head.html");
const TEMPLATE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// By its extension, the engine escapes.
const NAME: &str = "page.html";
/// Characters of a field.
const FIELD: usize = 600;
/// Moments that do not decide; the JSON report has them all.
const MOMENTS: usize = 250;

pub(super) fn render(report: &Report) -> String {
    let (level, headline) = headline(report);
    let (moments, earlier_moments) = shown_moments(report);
    let moments = told(&moments);
    let page = context! {
        report => Value::from(Serde(report)),
        took => report.took,
        var_order => &report.var_order,
        title => match level.is_empty() {
            true => format!("{headline}: container {}", report.target.ct),
            false => format!("{level}: {headline}: container {}", report.target.ct),
        },
        tone => tone(report),
        level,
        headline,
        race => report.race_sentence(),
        nature => report.nature(),
        leading => Value::from(Serde(leading(report))),
        hypotheses => Value::from(Serde(hypotheses(report))),
        pictures => match moments.is_empty() {
            true => Vec::new(),
            false => vec![picture(&moments, &WIDE), picture(&moments, &NARROW)],
        },
        moments => Value::from(Serde(moments)),
        earlier_moments,
    };
    filled(TEMPLATE, STYLE, SCRIPT, page)
}

/// A template of a body, filled with plain data, as a file of its own. A page without a script has none to
/// run: its policy then allows none.
pub(crate) fn filled(template: &str, style: &str, script: &str, page: Value) -> String {
    rendered(template, style, script, page).unwrap_or_else(|error| {
        // Only a defect of the template ends here: it must not look like an empty report.
        let error = visible_text(&error.to_string());
        format!(
            "<!doctype html>\n<p>This page could not be rendered: {}\n",
            HtmlEscape(&error)
        )
    })
}

fn rendered(template: &str, style: &str, script: &str, page: Value) -> Result<String, Error> {
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
    environment.add_filter("blocks", text::blocks);
    environment.add_filter("pretty", text::pretty);
    environment.add_template(NAME, &whole)?;
    environment.get_template(NAME)?.render(context! {
        policy => Value::from_safe_string(policy(style, script)),
        style => Value::from_safe_string(style.to_owned()),
        script => Value::from_safe_string(script.to_owned()),
        ..page
    })
}

/// The Content Security Policy: nothing but the style and the script of this file, told by their hashes.
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

/// How sure it is, and of what.
fn headline(report: &Report) -> (String, String) {
    let word = match (report.judged(), report.worst()) {
        (Some(row), _) => return (capital(row.verdict.words()), clipped(&row.title, FIELD)),
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

/// How bad it is, as a class of the style sheet.
fn tone(report: &Report) -> &'static str {
    match (&report.verdict.kind, report.worst()) {
        (VerdictKind::Healthy, _) => "good",
        (_, Some(Severity::Critical)) => "bad",
        (kind, _) if kind.level() == Some(Level::Confirmed) => "bad",
        _ => "doubt",
    }
}

/// The hypothesis that is the verdict; and as to a race, the leading one, where something is wrong.
fn leading(report: &Report) -> Vec<&HypothesisRow> {
    let judged = report.judged();
    let race = report.leading_race().filter(|race| {
        report.verdict.kind != VerdictKind::Healthy
            && judged.is_none_or(|judged| judged.id != race.id)
    });
    judged.into_iter().chain(race).collect()
}

/// A hypothesis with what its level rests on.
#[derive(Serialize)]
struct Hypothesis<'a> {
    #[serde(flatten)]
    row: &'a HypothesisRow,
    because: String,
}

/// All, the strongest first.
fn hypotheses(report: &Report) -> Vec<Hypothesis<'_>> {
    let mut rows: Vec<_> = report.hypotheses.iter().collect();
    rows.sort_by_key(|row| {
        (
            Reverse(row.verdict),
            row.id != report.verdict.kind.id(),
            row.is_idle(),
        )
    });
    rows.into_iter()
        .map(|row| Hypothesis {
            because: match row.is_idle() {
                true => "nothing speaks for it".to_owned(),
                false => because(row),
            },
            row,
        })
        .collect()
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
