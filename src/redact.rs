//! Takes the secrets out of all that leaves: the report in every format, and the recording. Pure.
//!
//! It is done after judging, so that no verdict depends on it. First everything of a run is looked
//! through for secrets: by the name beside a value ([`names`]), by a shape of their own ([`shapes`]),
//! private keys ([`pem`]), and the runbook's own patterns. Then each is replaced by its token,
//! `[redacted:CLASS:NUMBER]`, the same one wherever it stands; also where nothing around it says
//! what it is, if it is unlikely to be an ordinary word. Lines as they are printed are not changed by
//! redacting them again.
//!
//! The recordings that lxcdiag keeps for itself ([`crate::engine::ledger`]) stay exact: they do not leave,
//! and what is judged again must be what was found.

mod assignment;
mod names;
mod output;
mod pem;
mod scan;
mod secrets;
mod shapes;
mod span;
mod texts;
mod tokens;
mod value;

use std::borrow::Cow;
use std::collections::BTreeMap;

use regex::bytes::Regex;

use crate::evidence::recording::{Attempt, Output, Recording};
use crate::judge::Diagnosis;
use crate::report::Report;
use crate::runbook::Runbook;
use crate::runbook::pattern::redact_pattern;
use names::secret;
use secrets::{Known, Place, Secrets};
use span::Span;
use texts::{Texts as _, Visitor};
use tokens::{Token, redactions, tokens, touches};
use value::{is_harmless, is_random, slice};

/// The class of what a runbook's pattern without a named group finds.
const OF_RUNBOOK: &str = "runbook";

/// The report on a recording, without the secrets; they are taken out of the recording as well.
pub fn report(
    runbook: &Runbook,
    sha256: &str,
    recording: &mut Recording,
    diagnosis: &Diagnosis,
) -> Report {
    let mut redactor = Redactor::new(runbook);
    redactor.learn_recording(recording);
    let mut exact = Report::new(runbook, sha256, recording, diagnosis);
    exact.visit(None, &mut Learn(&mut redactor));
    // What the report shows is then what was looked through, to the byte.
    let as_it_was = |attempt: &Attempt| attempt.stdout.is_text() && attempt.stderr.is_text();
    if redactor.secrets.is_empty() && recording.attempts.iter().all(as_it_was) {
        exact.redacted = Some(Vec::new());
        return exact;
    }
    drop(exact);
    redactor.redact_recording(recording);
    let mut report = Report::new(runbook, sha256, recording, diagnosis);
    redactor.redact_report(&mut report);
    report
}

/// Knows the secrets of one run; by default of none.
#[derive(Debug, Default)]
pub struct Redactor {
    own: Vec<Regex>,
    secrets: Secrets,
    /// The secrets to be found everywhere; made of those learned, when the first text is redacted.
    known: Option<Known>,
}

impl Redactor {
    /// Knows no secret yet, but the runbook's patterns of them.
    pub fn new(runbook: &Runbook) -> Self {
        let mut secrets = Secrets::default();
        let checks = runbook.checks.iter().map(|check| &check.id);
        let hypotheses = runbook.hypotheses.iter().map(|hypothesis| &hypothesis.id);
        for id in checks.chain(hypotheses).chain([&runbook.id]) {
            secrets.innocent(id);
        }
        Self {
            // Validation has refused what is no pattern.
            own: runbook
                .redact
                .iter()
                .filter_map(|pattern| redact_pattern(pattern).ok())
                .collect(),
            secrets,
            known: None,
        }
    }

    /// Takes in the values of vars: of those whose name is one of a secret's, the secrets; all others
    /// are no secret even where one is the same.
    pub fn learn_vars(&mut self, vars: &BTreeMap<String, String>) {
        for (name, value) in vars {
            if secret(name.as_bytes()).is_none() {
                self.secrets.innocent(value);
            }
            self.learn_beside(Some(name), value.as_bytes());
        }
    }

    /// Takes in the secrets of a recording.
    pub fn learn_recording(&mut self, recording: &mut Recording) {
        let target = &recording.target;
        let known = [&target.os, &target.systemd, &target.kernel, &target.pve];
        for value in known.into_iter().flatten().chain([&target.node]) {
            self.secrets.innocent(value);
        }
        self.learn_vars(&recording.vars);
        recording.visit(None, &mut Learn(self));
    }

    /// Takes in the secrets of a text.
    pub fn learn(&mut self, text: &[u8]) {
        self.learn_beside(None, text);
    }

    /// Takes the secrets out of a recording. It says how many bytes each output had, and its
    /// runbook's text loses only what is known from elsewhere, and says so.
    pub fn redact_recording(&mut self, recording: &mut Recording) {
        recording.visit(None, &mut Redact(self));
        let text = &recording.runbook.text;
        if let Some(text) = self.redact_yaml(text) {
            recording.runbook.text = text;
            recording.runbook.redacted = true;
        }
    }

    /// Takes the secrets out of a report, and puts down in it what was removed where.
    pub fn redact_report(&mut self, report: &mut Report) {
        report.visit(None, &mut Redact(self));
        report.redacted = Some(redactions(report));
    }

    /// A text without the secrets that are known, and those in it; `None` where it has none. What is
    /// around them is as it was, UTF-8 or not.
    pub fn redact(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        self.redact_beside(None, text)
    }

    /// The same of a text that stands beside a name.
    fn redact_beside(&mut self, name: Option<&str>, text: &[u8]) -> Option<Vec<u8>> {
        let tokens = tokens(text);
        let mut places = self.found_in(name, text, &tokens);
        let secrets = &self.secrets;
        let known = self.known.get_or_insert_with(|| secrets.known());
        places.extend(known.places(text, &places));
        places.retain(|place| !touches(&tokens, place.from, place.to));
        replaced(text, joined(places), |place| {
            self.secrets.token(place.secret)
        })
    }

    /// A text without the secrets in it, which may be the whole of it beside its name.
    pub fn without_secrets(&mut self, name: Option<&str>, text: &str) -> String {
        self.learn_beside(name, text.as_bytes());
        match self.redact_beside(name, text.as_bytes()) {
            Some(redacted) => String::from_utf8_lossy(&redacted).into_owned(),
            None => text.to_owned(),
        }
    }

    fn learn_beside(&mut self, name: Option<&str>, text: &[u8]) {
        let tokens = tokens(text);
        for token in &tokens {
            self.secrets.taken(token.class, token.number);
        }
        self.found_in(name, text, &tokens);
        self.known = None;
    }

    /// What the rules find in a text that stands beside a name, and that has these tokens already.
    fn found_in(&mut self, name: Option<&str>, text: &[u8], tokens: &[Token<'_>]) -> Vec<Place> {
        let mut spans = scan::spans(text, tokens);
        if let Some(name) = name.and_then(|name| secret(name.as_bytes()))
            && !is_harmless(text, name)
            && (!name.doubtful || is_random(text))
        {
            spans.push(Span::new(0, text.len(), name.class));
        }
        spans.extend(self.own.iter().flat_map(|own| own_spans(own, text)));
        spans.retain(|span| span.from < span.to && !touches(tokens, span.from, span.to));
        spans.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to), !span.exact));
        let add = |Span {
                       from, to, class, ..
                   }| {
            Place::new(from, to, self.secrets.add(class, slice(text, from, to)))
        };
        spans.into_iter().map(add).collect()
    }

    /// A runbook's text without the secrets known from elsewhere, in quotation marks where a token
    /// would be a list to YAML. Its own patterns and words are no secrets.
    fn redact_yaml(&mut self, text: &str) -> Option<String> {
        let secrets = &self.secrets;
        let known = self.known.get_or_insert_with(|| secrets.known());
        let bytes = text.as_bytes();
        let places = known.places(bytes, &[]);
        let redacted = replaced(bytes, joined(places), |place| {
            let token = self.secrets.token(place.secret);
            let before = slice(bytes, 0, place.from).trim_ascii_end().last();
            let plain = matches!(before, Some(b':' | b'-' | b',' | b'[' | b'{'));
            if plain { format!("\"{token}\"") } else { token }
        })?;
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }
}

/// What a runbook's pattern matches, or of that what its named groups do.
fn own_spans(own: &Regex, text: &[u8]) -> Vec<Span> {
    let names: Vec<_> = own.capture_names().flatten().collect();
    let mut spans = Vec::new();
    for found in own.captures_iter(text) {
        let mut add = |part: Option<regex::bytes::Match<'_>>, class: Cow<'static, str>| {
            spans.extend(part.map(|part| Span {
                from: part.start(),
                to: part.end(),
                class,
                exact: true,
            }));
        };
        if names.is_empty() {
            add(found.get(0), Cow::Borrowed(OF_RUNBOOK));
        }
        for name in &names {
            add(found.name(name), Cow::Owned(name.replace('_', "-")));
        }
    }
    spans
}

/// Places that overlap as one, in order; it is the secret of the longest.
fn joined(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by_key(|place| (place.from, std::cmp::Reverse(place.to)));
    let mut joined = Vec::new();
    for place in places {
        place.join(&mut joined);
    }
    joined
}

/// A text with its places replaced; `None` where there are none.
fn replaced(text: &[u8], places: Vec<Place>, token: impl Fn(&Place) -> String) -> Option<Vec<u8>> {
    if places.is_empty() {
        return None;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    for place in &places {
        result.extend_from_slice(slice(text, at, place.from));
        result.extend_from_slice(token(place).as_bytes());
        at = place.to;
    }
    result.extend_from_slice(slice(text, at, text.len()));
    Some(result)
}

/// Learns the secrets.
struct Learn<'a>(&'a mut Redactor);

impl Visitor for Learn<'_> {
    fn text(&mut self, name: Option<&str>, text: &mut String) {
        self.0.learn_beside(name, text.as_bytes());
    }

    fn output(&mut self, output: &mut Output) {
        self.0.learn(&output.head);
        self.0.learn(&output.tail);
    }

    fn visits_repeated(&self) -> bool {
        false
    }
}

/// Replaces the secrets.
struct Redact<'a>(&'a mut Redactor);

impl Visitor for Redact<'_> {
    fn text(&mut self, name: Option<&str>, text: &mut String) {
        if let Some(redacted) = self.0.redact_beside(name, text.as_bytes()) {
            *text = String::from_utf8_lossy(&redacted).into_owned();
        }
    }

    fn output(&mut self, output: &mut Output) {
        output::redact(output, |bytes| self.0.redact(bytes));
    }
}

#[cfg(test)]
mod tests;
