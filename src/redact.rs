//! Removes secrets from the report, in every format, and from the recording. Pure.
//!
//! Redaction comes after judging, so that no verdict depends on it. First it learns the secrets of a run: values beside
//! telling names ([`names`]), secrets with a known shape ([`shapes`]), private keys ([`pem`]), and matches of the
//! runbook's own patterns. Then it replaces each with a token, `[redacted:CLASS:NUMBER]`, which is the same wherever the
//! secret occurs. A secret that is unlikely to be an ordinary word is also replaced where nothing around it identifies it.
//!
//! The ledger's recordings ([`crate::engine::ledger`]) are not redacted: they stay on the host, and a later run needs what
//! was found.

mod api_tokens;
mod assignment;
mod manifest;
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
use crate::evidence::trace::Trace;
use crate::judge::Diagnosis;
use crate::report::Report;
use crate::runbook::Runbook;
use crate::runbook::pattern::redact_pattern;
use names::classify;
use secrets::{Occurrence, SecretFinder, Secrets};
use span::Span;
use texts::{Texts as _, Visitor};
use tokens::{Token, redactions, tokens, touches};
use value::{is_harmless, is_random, slice};

/// The class of a match of a runbook's pattern without named groups.
const OF_RUNBOOK: &str = "runbook";

/// The redacted report on a recording. The recording is redacted too.
pub fn report(
    runbook: &Runbook,
    sha256: &str,
    recording: &mut Recording,
    diagnosis: &Diagnosis,
) -> Report {
    let mut redactor = Redactor::new(runbook);
    let mut exact = Report::new(runbook, sha256, recording, diagnosis);
    redactor.learn_run(recording, &mut exact);
    redactor.redact_run(runbook, recording, diagnosis, exact)
}

/// Whether a private key begins in a text, and does not end in it: only the whole key can be removed.
pub fn is_inside_key(text: &str) -> bool {
    pem::is_open(text.as_bytes())
}

/// Removes the secrets in a trace.
pub fn trace(trace: &mut Trace) {
    let mut redactor = Redactor::default();
    trace.visit(None, &mut Learn(&mut redactor));
    trace.visit(None, &mut Redact(&mut redactor));
}

/// The secrets of one run, or of several in one container; none by default.
#[derive(Debug, Default)]
pub struct Redactor {
    patterns: Vec<Regex>,
    secrets: Secrets,
    /// Finds the learned secrets anywhere; built when the first text is redacted.
    finder: Option<SecretFinder>,
}

impl Redactor {
    /// A redactor that knows the runbook's patterns, and no secret yet.
    pub fn new(runbook: &Runbook) -> Self {
        let mut redactor = Self::default();
        redactor.add_runbook(runbook);
        redactor
    }

    /// Adds the patterns of another runbook. No secret may have been learned yet.
    pub fn add_runbook(&mut self, runbook: &Runbook) {
        let checks = runbook.checks.iter().map(|check| &check.id);
        let hypotheses = runbook.hypotheses.iter().map(|hypothesis| &hypothesis.id);
        for id in checks.chain(hypotheses).chain([&runbook.id]) {
            self.secrets.exempt(id);
        }
        // Validation has already refused invalid patterns.
        let patterns = runbook.redact.iter();
        self.patterns
            .extend(patterns.filter_map(|pattern| redact_pattern(pattern).ok()));
    }

    /// Learns the secrets of a run.
    pub fn learn_run(&mut self, recording: &mut Recording, report: &mut Report) {
        self.learn_recording(recording);
        report.visit(None, &mut Learn(self));
    }

    /// Redacts a recording, and returns its redacted report. `exact` is the report before.
    pub fn redact_run(
        &mut self,
        runbook: &Runbook,
        recording: &mut Recording,
        diagnosis: &Diagnosis,
        mut exact: Report,
    ) -> Report {
        // Then the report shows exactly the bytes that were searched.
        let as_it_was = |attempt: &Attempt| attempt.stdout.is_text() && attempt.stderr.is_text();
        if self.secrets.is_empty() && recording.attempts.iter().all(as_it_was) {
            exact.redacted = Some(Vec::new());
            return exact;
        }
        let sha256 = exact.runbook.sha256.clone();
        drop(exact);
        self.redact_recording(recording);
        let mut report = Report::new(runbook, &sha256, recording, diagnosis);
        self.redact_report(&mut report);
        report
    }

    /// Learns the values of vars that have telling names. The values of all other vars are exempt from being found
    /// anywhere, even if one is also a secret.
    pub fn learn_vars(&mut self, vars: &BTreeMap<String, String>) {
        for (name, value) in vars {
            if classify(name.as_bytes()).is_none() {
                self.secrets.exempt(value);
            }
            self.learn_value(Some(name), value.as_bytes());
        }
    }

    /// Learns the secrets in a recording.
    pub fn learn_recording(&mut self, recording: &mut Recording) {
        let target = &recording.target;
        let known = [&target.os, &target.systemd, &target.kernel, &target.pve];
        for value in known.into_iter().flatten().chain([&target.node]) {
            self.secrets.exempt(value);
        }
        self.learn_vars(&recording.vars);
        recording.visit(None, &mut Learn(self));
    }

    /// Learns the secrets in a text.
    pub fn learn(&mut self, text: &[u8]) {
        self.learn_value(None, text);
    }

    /// Redacts a recording. The size of each output is kept. From the text of the runbook, only secrets that were found
    /// elsewhere are removed, and the recording says so.
    pub fn redact_recording(&mut self, recording: &mut Recording) {
        recording.visit(None, &mut Redact(self));
        let text = &recording.runbook.text;
        if let Some(text) = self.redact_yaml(text) {
            recording.runbook.text = text;
            recording.runbook.redacted = true;
        }
    }

    /// Redacts a report, and lists in it what was removed where.
    pub fn redact_report(&mut self, report: &mut Report) {
        report.visit(None, &mut Redact(self));
        report.redacted = Some(redactions(report));
    }

    /// A text without the secrets that were learned or that it contains; `None` if there are none. The bytes around them do
    /// not change, UTF-8 or not.
    pub fn redact(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        self.redact_value(None, text)
    }

    /// The same for a text beside a name.
    fn redact_value(&mut self, name: Option<&str>, text: &[u8]) -> Option<Vec<u8>> {
        let tokens = tokens(text);
        let mut occurrences = self.found_in(name, text, &tokens);
        let secrets = &self.secrets;
        let finder = self.finder.get_or_insert_with(|| secrets.finder());
        occurrences.extend(finder.find(text, &occurrences));
        occurrences.retain(|occurrence| !touches(&tokens, occurrence.from, occurrence.to));
        replaced(text, joined(occurrences), |occurrence| {
            self.secrets.token(occurrence.secret)
        })
    }

    /// A text without its secrets. Beside a telling name, the whole text may be one.
    pub fn without_secrets(&mut self, name: Option<&str>, text: &str) -> String {
        self.learn_value(name, text.as_bytes());
        match self.redact_value(name, text.as_bytes()) {
            Some(redacted) => String::from_utf8_lossy(&redacted).into_owned(),
            None => text.to_owned(),
        }
    }

    fn learn_value(&mut self, name: Option<&str>, text: &[u8]) {
        let tokens = tokens(text);
        for token in &tokens {
            self.secrets.reserved(token.class, token.number);
        }
        self.found_in(name, text, &tokens);
        self.finder = None;
    }

    /// The secrets that the rules find in a text. `tokens` are those in it.
    fn found_in(
        &mut self,
        name: Option<&str>,
        text: &[u8],
        tokens: &[Token<'_>],
    ) -> Vec<Occurrence> {
        let mut spans = scan::spans(text, tokens);
        if let Some(name) = name.and_then(|name| classify(name.as_bytes()))
            && !is_harmless(text, name)
            && (!name.ambiguous || is_random(text))
        {
            spans.push(Span::new(0, text.len(), name.class));
        }
        spans.extend(
            self.patterns
                .iter()
                .flat_map(|own| pattern_spans(own, text)),
        );
        spans.retain(|span| span.from < span.to && !touches(tokens, span.from, span.to));
        spans.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to), !span.exact));
        let add = |Span {
                       from, to, class, ..
                   }| {
            Occurrence::new(from, to, self.secrets.add(class, slice(text, from, to)))
        };
        spans.into_iter().map(add).collect()
    }

    /// A runbook's text without the secrets that were found elsewhere. Tokens are quoted where YAML would read a list.
    fn redact_yaml(&mut self, text: &str) -> Option<String> {
        let secrets = &self.secrets;
        let finder = self.finder.get_or_insert_with(|| secrets.finder());
        let bytes = text.as_bytes();
        let occurrences = finder.find(bytes, &[]);
        let redacted = replaced(bytes, joined(occurrences), |occurrence| {
            let token = self.secrets.token(occurrence.secret);
            let before = slice(bytes, 0, occurrence.from).trim_ascii_end().last();
            let plain = matches!(before, Some(b':' | b'-' | b',' | b'[' | b'{'));
            if plain { format!("\"{token}\"") } else { token }
        })?;
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }
}

/// The matches of a runbook's pattern, or those of its named groups.
fn pattern_spans(own: &Regex, text: &[u8]) -> Vec<Span> {
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

/// The occurrences in order, with those that overlap merged. The longest determines the secret.
fn joined(mut occurrences: Vec<Occurrence>) -> Vec<Occurrence> {
    occurrences.sort_by_key(|occurrence| (occurrence.from, std::cmp::Reverse(occurrence.to)));
    let mut joined = Vec::new();
    for occurrence in occurrences {
        occurrence.join(&mut joined);
    }
    joined
}

/// A text with its occurrences replaced; `None` if there are none.
fn replaced(
    text: &[u8],
    occurrences: Vec<Occurrence>,
    token: impl Fn(&Occurrence) -> String,
) -> Option<Vec<u8>> {
    if occurrences.is_empty() {
        return None;
    }
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    for occurrence in &occurrences {
        result.extend_from_slice(slice(text, at, occurrence.from));
        result.extend_from_slice(token(occurrence).as_bytes());
        at = occurrence.to;
    }
    result.extend_from_slice(slice(text, at, text.len()));
    Some(result)
}

/// Learns the secrets.
struct Learn<'a>(&'a mut Redactor);

impl Visitor for Learn<'_> {
    fn text(&mut self, name: Option<&str>, text: &mut String) {
        self.0.learn_value(name, text.as_bytes());
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
        if let Some(redacted) = self.0.redact_value(name, text.as_bytes()) {
            *text = String::from_utf8_lossy(&redacted).into_owned();
        }
    }

    fn output(&mut self, output: &mut Output) {
        output::redact(output, |bytes| self.0.redact(bytes));
    }
}

#[cfg(test)]
mod tests;
