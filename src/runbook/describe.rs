//! The text of `lxcdiag show`. Pure.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use super::command::CANARY;
use super::facts_read::FactsRead;
use super::model::{Action, AtBest, Check, Effect, Runbook, Var};
use super::remedy::RemedySpec;
use crate::evidence::fact::FactType;
use crate::nearest_name::listed;
use crate::shell_quote::word;
use crate::terminal_text::visible;

/// The width of lines of names, in columns.
const WIDTH: usize = 100;

/// A runbook's title, vars, checks with their commands, and hypotheses.
///
/// The file may be hostile: control characters are made visible.
pub fn describe(runbook: &Runbook) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = write_runbook(&mut text, runbook);
    text
}

fn write_runbook(out: &mut String, runbook: &Runbook) -> fmt::Result {
    writeln!(out, "{}: {}", runbook.id, line(&runbook.title))?;
    if let Some(about) = &runbook.about {
        writeln!(out)?;
        for part in about.trim_end().lines() {
            writeln!(out, "{}", line(part))?;
        }
    }
    if !runbook.vars.is_empty() {
        writeln!(out, "\nVars, set with --var NAME=VALUE:")?;
        let width = widest(runbook.vars.keys().map(String::as_str));
        for (name, var) in &runbook.vars {
            writeln!(
                out,
                "  {name:width$}  {}{}",
                var_line(var),
                origin(&var.from)
            )?;
        }
    }
    writeln!(out, "\nChecks, in order of execution:")?;
    let width = widest(runbook.checks.iter().map(|check| check.id.as_str()));
    for check in runbook.in_order() {
        write_check(out, check, width)?;
    }
    if runbook.checks.iter().any(|check| check.changes) {
        writeln!(out, "\n! changes the container; skipped with --read-only")?;
    }
    if !runbook.next.is_empty() {
        writeln!(out, "\nRunbooks that it chooses among:")?;
        let next: BTreeSet<_> = runbook.next.iter().map(|it| it.run.clone()).collect();
        write_wrapped(out, "", &next, "  ")?;
    }
    if runbook.hypotheses.is_empty() {
        return Ok(());
    }
    let facts_read = FactsRead::new(runbook);
    writeln!(out, "\nHypotheses:")?;
    let width = widest(runbook.hypotheses.iter().map(|one| one.id.as_str()));
    for hypothesis in &runbook.hypotheses {
        let (id, title) = (&hypothesis.id, line(&hypothesis.title));
        let race = if hypothesis.race {
            " (race condition)"
        } else {
            ""
        };
        let from = origin(&hypothesis.from);
        writeln!(out, "  {id:width$}  {title}{race}{from}")?;
        writeln!(out, "  {:width$}  {}", "", line(&hypothesis.about))?;
        let count = |effect| {
            let all = hypothesis.evidence.iter();
            all.filter(|evidence| evidence.effect == effect).count()
        };
        let parts = [
            (count(Effect::Confirms), "can confirm it"),
            (count(Effect::RulesOut), "can rule it out"),
            (count(Effect::Supports), "can support it"),
            (count(Effect::Weakens), "can weaken it"),
        ];
        let parts: Vec<_> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        let limit = match hypothesis.at_best {
            Some(AtBest::Likely) => "; at best likely",
            None => "",
        };
        writeln!(
            out,
            "  {:width$}  evidence: {}{limit}",
            "",
            parts.join(", ")
        )?;
        let evidence = hypothesis.evidence.iter();
        let reads: BTreeSet<_> = evidence.flat_map(|it| facts_read.of_evidence(it)).collect();
        write_wrapped(out, "reads ", &reads, &format!("  {:width$}  ", ""))?;
        if !hypothesis.explains.is_empty() {
            let symptoms = listed(hypothesis.explains.iter().map(String::as_str));
            writeln!(out, "  {:width$}  explains {symptoms}", "")?;
        }
        write_remedies(out, &hypothesis.remedies, &format!("  {:width$}  ", ""))?;
        let next: BTreeSet<_> = hypothesis.next.iter().map(|it| it.run.clone()).collect();
        write_wrapped(out, "then runs ", &next, &format!("  {:width$}  ", ""))?;
    }
    Ok(())
}

/// Names after a word, in lines of [`WIDTH`] columns.
fn write_wrapped(
    out: &mut String,
    before: &str,
    names: &BTreeSet<String>,
    indent: &str,
) -> fmt::Result {
    let mut text = format!("{indent}{before}");
    let mut empty = true;
    for name in names {
        if !empty {
            text.push(',');
            if text.chars().count() + name.chars().count() >= WIDTH {
                writeln!(out, "{text}")?;
                text = format!("{indent} ");
            }
            text.push(' ');
        }
        text.push_str(name);
        empty = false;
    }
    match empty {
        true => Ok(()),
        false => writeln!(out, "{}", text),
    }
}

fn write_remedies(out: &mut String, remedies: &[RemedySpec], indent: &str) -> fmt::Result {
    for remedy in remedies {
        let kind = remedy.kind.words().to_lowercase();
        writeln!(out, "{indent}{kind}: {}", line(&remedy.title))?;
        for command in remedy
            .commands
            .iter()
            .flat_map(|text| text.trim_end().lines())
        {
            writeln!(out, "{indent}  {}", visible(command))?;
        }
    }
    Ok(())
}

fn write_check(out: &mut String, check: &Check, width: usize) -> fmt::Result {
    let mark = if check.changes { '!' } else { ' ' };
    let step = check
        .step
        .as_deref()
        .map(|step| format!(" (step {})", line(step)));
    let (id, title) = (&check.id, line(&check.title));
    let step = step.unwrap_or_default();
    let from = origin(&check.from);
    writeln!(out, "{mark} {id:width$}  {title}{step}{from}")?;
    let indent = format!("  {:width$}  ", "");
    let command = command(check).replace('\n', &format!("\n{indent}  "));
    writeln!(out, "{indent}{command}")?;
    if let Some(list) = &check.for_each {
        writeln!(out, "{indent}for each item of {}", line(list))?;
    }
    if !check.needs.is_empty() {
        let needs = listed(check.needs.iter().map(String::as_str));
        writeln!(out, "{indent}only if {needs} passed")?;
    }
    Ok(())
}

/// What a check runs or reads. A script has several lines.
pub(super) fn command(check: &Check) -> String {
    match check.action() {
        Some(Action::Run(words)) => {
            let words: Vec<_> = words.iter().map(|word| word_shown(word)).collect();
            format!("$ {}", words.join(" "))
        }
        Some(Action::Shell(text)) => {
            let lines: Vec<_> = text.trim_end().lines().map(line).collect();
            format!("$ sh -c: {}", lines.join("\n"))
        }
        Some(Action::Host(probe)) => line(&probe.to_string()),
        Some(Action::Canary(times)) => {
            let times = line(times);
            format!("lxcdiag pushes, enables and removes {CANARY}, {times} times")
        }
        Some(Action::OutputOf(source)) => format!("the output of {}", line(source)),
        None => String::from("nothing"),
    }
}

/// Where an entry from a part comes from.
fn origin(file: &Option<String>) -> String {
    match file {
        Some(file) => format!(" [from {}]", line(file)),
        None => String::new(),
    }
}

fn var_line(var: &Var) -> String {
    let kind = match var.kind {
        FactType::Text => "",
        FactType::Int => "whole number; ",
        FactType::Number => "number; ",
        FactType::Bool => "yes or no; ",
        FactType::Time | FactType::FileTime | FactType::ClockTime => "timestamp; ",
        FactType::Duration => "duration; ",
    };
    let default = match &var.default {
        Some(default) => format!("default: {}", line(default)),
        None => String::from("no default"),
    };
    format!("{} ({kind}{default})", line(&var.about))
}

/// A word as in a shell; a template is shown as it is.
fn word_shown(text: &str) -> String {
    match text.contains("{{") {
        true => line(text),
        false => line(&word(text)),
    }
}

/// Text of the runbook on one line, not shortened.
fn line(text: &str) -> String {
    visible(text.trim())
}

fn widest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::{Source, read};

    #[test]
    fn the_whole_runbook_is_described() {
        let text = r#"
runbook: disk
title: Is the disk full?
about: |
  Two lines
  of it.
vars:
  dir: { about: where to look, default: / }
  least: { about: "free, at least", type: int }
checks:
  - { id: clear, title: Make room, step: "2", changes: true, needs: [free], run: [rm, --, "a b", "{{ dir }}/x"], pass: exit == 0 }
  - { id: free, title: "How much is free\e[2J", run: [df, "{{ dir }}"], facts: { match: '(?<free>\d+)%' } }
  - { id: files, title: How many files, shell: "ls {{ dir | quote }} |\n  wc -l\n", each: line, facts: { match: '(?<count>\d+)' } }
  - { id: each_file, title: Each of them, needs: [files], for_each: files.count, run: [echo, "{{ item }}"], pass: exit == 0 }
  - { id: backups, title: Backups, host: { tasks: [vzdump] } }
hypotheses:
  - id: full
    title: The disk is full
    about: Nothing more fits.
    race: true
    explains: [slow]
    evidence:
      - { if: free.failed, then: confirms, says: it is }
      - { if: free.passed, then: weakens, says: it is not }
    remedies:
      - fix: now
        title: Remove old files.
        commands: |
          ( set -e
            rm -r -- {{ dir | quote }}/old
          )
        changes: the old files
      - { fix: cause, title: Buy one. }
  - { id: slow, title: The disk is slow, about: It takes long., remedy: wait, evidence: [{ if: free.errored, then: supports, says: it is }] }
"#;
        let runbook = read(&Source {
            name: String::from("x"),
            text: text.to_owned(),
            built_in: false,
            parts: Vec::new(),
        })
        .unwrap();
        insta::assert_snapshot!(describe(&runbook), @r"
        disk: Is the disk full?

        Two lines
        of it.

        Vars, set with --var NAME=VALUE:
          dir    where to look (default: /)
          least  free, at least (whole number; no default)

        Checks, in order of execution:
          free       How much is free\x1b[2J
                     $ df {{ dir }}
          files      How many files
                     $ sh -c: ls {{ dir | quote }} |
                       wc -l
          each_file  Each of them
                     $ echo {{ item }}
                     for each item of files.count
                     only if `files` passed
          backups    Backups
                     host: task log (vzdump)
        ! clear      Make room (step 2)
                     $ rm -- 'a b' {{ dir }}/x
                     only if `free` passed

        ! changes the container; skipped with --read-only

        Hypotheses:
          full  The disk is full (race condition)
                Nothing more fits.
                evidence: 1 can confirm it, 1 can weaken it
                reads free.failed, free.passed
                explains `slow`
                fix now: Remove old files.
                  ( set -e
                    rm -r -- {{ dir | quote }}/old
                  )
                fix the cause: Buy one.
          slow  The disk is slow
                It takes long.
                evidence: 1 can support it
                reads free.errored
        ");
    }
}
