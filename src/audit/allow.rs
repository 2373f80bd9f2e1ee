//! `# lxcdiag: allow RULE` in a script silences a rule for the next command, or for the command in its own line.

use super::parse::parse;
use super::rule::Rule;
use super::symbol::read_in;
use super::syntax::{Command, Kind, List};
use super::walk::File;

/// A rule that is silent in some lines.
#[derive(Debug)]
pub(super) struct Allowed {
    rule: Rule,
    first: usize,
    last: usize,
}

pub(super) fn allows(allowed: &[Allowed], rule: Rule, line: usize) -> bool {
    allowed
        .iter()
        .any(|one| one.rule == rule && (one.first..=one.last).contains(&line))
}

/// The rules that a script silences.
pub(super) fn allowed(file: &File) -> Vec<Allowed> {
    let comments: Vec<(usize, bool, Vec<Rule>)> = file
        .text
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (code, rules) = comment(line)?;
            Some((index + 1, code, rules))
        })
        .collect();
    if comments.is_empty() {
        return Vec::new();
    }
    let mut commands = Vec::new();
    match &file.list {
        Some(list) => extents(list, &mut commands),
        None => extents(&parse(&read_in(&file.text, 0)).list, &mut commands),
    }
    commands.sort_unstable();
    let mut allowed = Vec::new();
    for (line, is_after_code, rules) in comments {
        let next = commands.iter().find(|(start, _)| match is_after_code {
            true => *start == line,
            false => *start > line,
        });
        let (first, last) = next.copied().unwrap_or((line, line));
        for rule in rules {
            allowed.push(Allowed { rule, first, last });
        }
    }
    allowed
}

/// Whether there is code before the comment of a line, and the rules that it names.
fn comment(line: &str) -> Option<(bool, Vec<Rule>)> {
    let (code, comment) = line.split_once("# lxcdiag:")?;
    let names = comment.trim_start().strip_prefix("allow ")?;
    let rules = names
        .split([',', ' '])
        .filter_map(|name| Rule::from_name(name.trim()));
    Some((!code.trim().is_empty(), rules.collect()))
}

/// The first and the last line of each simple command, and of each other command.
fn extents(list: &List, commands: &mut Vec<(usize, usize)>) {
    for item in list {
        let pipelines = std::iter::once(&item.first).chain(item.rest.iter().map(|(_, next)| next));
        for command in pipelines.flat_map(|pipeline| &pipeline.commands) {
            extent(command, commands);
        }
    }
}

fn extent(command: &Command, commands: &mut Vec<(usize, usize)>) {
    commands.push((command.place.line, command.end.line));
    match &command.kind {
        Kind::Simple { .. } | Kind::Test(_) | Kind::Arithmetic(_) => {}
        Kind::Group(list) | Kind::Subshell(list) => extents(list, commands),
        Kind::For { body, .. } | Kind::CountingFor { body, .. } => extents(body, commands),
        Kind::Loop { condition, body } => {
            extents(condition, commands);
            extents(body, commands);
        }
        Kind::If {
            condition,
            then,
            otherwise,
        } => {
            for list in [condition, then, otherwise] {
                extents(list, commands);
            }
        }
        Kind::Case { arms, .. } => {
            for (_, list) in arms {
                extents(list, commands);
            }
        }
        Kind::Function { body, .. } => extent(body, commands),
    }
}
