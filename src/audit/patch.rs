//! Proposes a patch for what the rules find. Each proposal is audited again: it is taken only if it leaves fewer
//! findings than before and no more that is not followed.

mod arguments;
mod around;
mod call;
mod order;
mod outline;
mod push;
mod script;
mod side;
#[cfg(test)]
mod tests;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use super::finding::{Draft, Severity};
use super::paths::normal;
use super::rule::Rule;
use super::view::View;
use super::walk::{File, Walk};
use super::{Load, Source, examine};
use script::{Edits, Script, apply};

/// Names of the files in a directory of the host: the path of the script, and the directory as written in it.
pub type ListFiles<'a> = &'a dyn Fn(&str, &str) -> Option<Vec<String>>;

/// How often a script is audited in search of a patch.
const MOST_AUDITS: usize = 1_000;

/// What a patch does about a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Style {
    /// A fix for each finding
    Repair,
    /// `sleep 2` after the last `pct push`; refused if the audit finds an error
    Sleep,
}

/// A proposed change of scripts.
#[derive(Debug)]
pub struct Patch {
    /// A unified diff for `patch -p1` and `git apply`.
    pub diff: String,
    /// Findings above a note that the patch leaves.
    pub left: Vec<Left>,
}

/// A finding that has no patch.
#[derive(Debug)]
pub struct Left {
    /// The script.
    pub path: String,
    /// The line in the script before the patch is applied.
    pub line: usize,
    /// The rule.
    pub rule: Rule,
}

/// Proposes a patch for a script and the files that it sources.
pub fn patch(source: &Source, load: Load, list: ListFiles, style: Style) -> Patch {
    let mut patcher = Patcher {
        source,
        load,
        list,
        texts: BTreeMap::new(),
        audits: 0,
    };
    match style {
        Style::Repair => patcher.repair(),
        Style::Sleep => patcher.delay(),
    }
    patcher.finish()
}

struct Patcher<'a> {
    source: &'a Source,
    load: Load<'a>,
    list: ListFiles<'a>,
    /// The texts so far: before and after.
    texts: BTreeMap<String, (String, String)>,
    audits: usize,
}

/// What is wrong with a script: errors, warnings, unchecked pushes; then what is not followed.
type Score = ((usize, usize, usize), usize);

impl Patcher<'_> {
    fn repair(&mut self) {
        let mut tried: BTreeSet<(Rule, String, String)> = BTreeSet::new();
        let (mut walk, mut drafts) = self.examine(None);
        while self.audits < MOST_AUDITS {
            let score = score(&walk, &drafts);
            let key = |draft: &Draft| {
                let file = walk.files.get(draft.place.file);
                let line = file.and_then(|file| file.text.lines().nth(draft.place.line - 1));
                let path = file.map_or("", |file| file.path.as_str());
                (draft.rule, path.to_owned(), line.unwrap_or("").to_owned())
            };
            let open = drafts.iter().filter(|draft| counts(draft));
            let next = open
                .filter(|draft| !tried.contains(&key(draft)))
                .min_by_key(|draft| (draft.place, draft.severity, draft.rule));
            let Some(draft) = next else {
                break;
            };
            let of_rule = |drafts: &[Draft]| {
                let same = drafts.iter().filter(|other| other.rule == draft.rule);
                same.count()
            };
            let mut better = None;
            for (file, edits) in self.proposals(&walk, draft) {
                let text = apply(&file.text, edits);
                let (new_walk, new_drafts) = self.examine(Some((&file.path, &text)));
                let new = self::score(&new_walk, &new_drafts);
                if new.1 > score.1 {
                    continue;
                }
                // One fault can hide another one, which then comes to light.
                let shows_another = new.0 == score.0 && of_rule(&new_drafts) < of_rule(&drafts);
                if new.0 < score.0 {
                    better = Some((file, text, new_walk, new_drafts));
                    break;
                } else if shows_another && better.is_none() {
                    better = Some((file, text, new_walk, new_drafts));
                }
            }
            match better {
                Some((file, text, new_walk, new_drafts)) => {
                    let rule = draft.rule;
                    let alone = of_rule(&drafts) == of_rule(&new_drafts) + 1;
                    self.take(file, text);
                    (walk, drafts) = (new_walk, new_drafts);
                    if alone && let Some(better) = self.repair_alike(&walk, &drafts, rule) {
                        (walk, drafts) = better;
                    }
                }
                None => {
                    tried.insert(key(draft));
                }
            }
        }
    }

    /// Repairs the other findings of a rule at once, each with its first proposal, if that leaves none of them: a long
    /// script is audited once for all of them.
    fn repair_alike(
        &mut self,
        walk: &Walk,
        drafts: &[Draft],
        rule: Rule,
    ) -> Option<(Walk, Vec<Draft>)> {
        let file = walk.files.first().filter(|file| self.can_change(file))?;
        let mut chosen: Vec<Edits> = Vec::new();
        for draft in drafts
            .iter()
            .filter(|draft| draft.rule == rule && draft.place.file == 0)
        {
            let mut proposals = self.proposals(walk, draft).into_iter();
            let (_, edits) = proposals.find(|(other, _)| other.path == file.path)?;
            // The same text twice may be once too often; where edits touch, their order would matter.
            let is_apart = |(range, text): &(Range<usize>, String)| {
                let mut others = chosen.iter().flatten();
                others.all(|(other, with)| {
                    (range.end < other.start || other.end < range.start) && text != with
                })
            };
            if edits.iter().all(is_apart) {
                chosen.push(edits);
            }
        }
        let count = chosen.len();
        let text = apply(&file.text, chosen.concat());
        let (new_walk, new_drafts) = self.examine(Some((&file.path, &text)));
        let (old, new) = (score(walk, drafts), score(&new_walk, &new_drafts));
        let all = |((errors, warnings, unchecked), _): Score| errors + warnings + unchecked;
        let is_better = count > 0 && all(new) + count <= all(old) && new.1 <= old.1;
        is_better.then(|| {
            self.take(file, text);
            (new_walk, new_drafts)
        })
    }

    fn take(&mut self, file: &File, text: String) {
        let texts = self.texts.entry(file.path.clone());
        texts.or_insert((file.text.clone(), String::new())).1 = text;
    }

    /// The delay that incident plans propose: after the last push before the units are read.
    fn delay(&mut self) {
        let (walk, _) = self.examine(None);
        for view in View::of(&walk) {
            let Some(place) = order::last_push(&view) else {
                continue;
            };
            let Some(file) = walk.files.get(place.file) else {
                continue;
            };
            let script = Script::new(&file.text);
            if let (true, Some(edits)) = (self.can_change(file), order::delay(&script, place.line))
            {
                let text = apply(&file.text, edits);
                self.texts
                    .insert(file.path.clone(), (file.text.clone(), text));
                return;
            }
        }
    }

    /// Proposals for the file of a finding; for one that lies in an argument of a function, also for the other files.
    fn proposals<'w>(&self, walk: &'w Walk, draft: &Draft) -> Vec<(&'w File, Edits)> {
        let mut proposals = Vec::new();
        for (index, file) in walk.files.iter().enumerate() {
            if !self.can_change(file) {
                continue;
            }
            let script = Script::new(&file.text);
            let list = |directory: &str| (self.list)(&file.path, directory);
            for view in View::of(walk) {
                let around = around::Around {
                    script: &script,
                    view: &view,
                    draft,
                    list: &list,
                };
                let edits = match index == draft.place.file {
                    true => around.proposals(),
                    false => around.proposals_elsewhere(),
                };
                let edits = edits.into_iter().filter(|edits| !edits.is_empty());
                proposals.extend(edits.map(|edits| (file, edits)));
            }
        }
        proposals
    }

    fn examine(&mut self, change: Option<(&str, &str)>) -> (Walk, Vec<Draft>) {
        self.audits += 1;
        let current = |path: &str| match change {
            Some((changed, text)) if changed == path => Some(text.to_owned()),
            _ => self.texts.get(path).map(|(_, text)| text.clone()),
        };
        let load = |script: &str, path: &str| {
            let (path, text) = (self.load)(script, path)?;
            let text = current(&path).unwrap_or(text);
            Some((path, text))
        };
        let source = Source {
            path: self.source.path.clone(),
            text: current(&self.source.path).unwrap_or_else(|| self.source.text.clone()),
        };
        examine(&source, &load)
    }

    /// Whether a patch of a file applies: it names the file, and has the bytes of its lines.
    fn can_change(&self, file: &File) -> bool {
        self.name(&file.path).is_some() && !file.text.contains(char::REPLACEMENT_CHARACTER)
    }

    /// The name of a file in the patch: below the current directory, or below that of the script.
    fn name(&self, path: &str) -> Option<String> {
        // A script from the standard input has no name.
        if path == "-" {
            return Some("script".to_owned());
        }
        let (path, script) = (normal(path), normal(&self.source.path));
        let is_below = |path: &str| !path.starts_with('/') && !path.starts_with("../");
        let name = match (is_below(&script), script.rsplit_once('/')) {
            (false, Some((directory, _))) => path.strip_prefix(directory)?.strip_prefix('/')?,
            _ => path.as_str(),
        };
        // A line break would end the line of the header.
        if !is_below(name) || name.contains(char::is_control) {
            return None;
        }
        // A tab ends a name with a blank.
        let end = if name.contains(' ') { "\t" } else { "" };
        Some(format!("{name}{end}"))
    }

    fn finish(mut self) -> Patch {
        let mut diff = String::new();
        for (path, (before, after)) in &self.texts {
            let Some(name) = self.name(path) else {
                continue;
            };
            let original = match *path == self.source.path {
                true => Some(self.source.text.clone()),
                false => (self.load)(&self.source.path, path).map(|(_, text)| text),
            };
            let lines = original.as_deref().unwrap_or(before);
            let after = as_written(lines, before, after);
            let changes = TextDiff::from_lines(lines, &after);
            let (from, to) = (format!("a/{name}"), format!("b/{name}"));
            let mut unified = changes.unified_diff();
            diff.push_str(&unified.header(&from, &to).to_string());
        }
        let (walk, drafts) = self.examine(None);
        let mut left: Vec<Left> = Vec::new();
        for draft in drafts
            .iter()
            .filter(|draft| draft.severity != Severity::Note)
        {
            let Some(file) = walk.files.get(draft.place.file) else {
                continue;
            };
            let line = self
                .texts
                .get(&file.path)
                .map_or(draft.place.line, |(old, new)| {
                    line_before(old, new, draft.place.line)
                });
            let known = |other: &Left| {
                other.path == file.path && other.line == line && other.rule == draft.rule
            };
            if !left.iter().any(known) {
                left.push(Left {
                    path: file.path.clone(),
                    line,
                    rule: draft.rule,
                });
            }
        }
        Patch { diff, left }
    }
}

/// Whether a patch is made for a finding.
fn counts(draft: &Draft) -> bool {
    draft.severity != Severity::Note || draft.rule == Rule::PushUnchecked
}

fn score(walk: &Walk, drafts: &[Draft]) -> Score {
    let of = |severity| {
        drafts
            .iter()
            .filter(|draft| draft.severity == severity)
            .count()
    };
    let unchecked = drafts
        .iter()
        .filter(|draft| draft.rule == Rule::PushUnchecked);
    (
        (
            of(Severity::Error),
            of(Severity::Warning),
            unchecked.count(),
        ),
        walk.not_followed.len(),
    )
}

/// A text with the lines as the script has them. If all of them end in a carriage return, so do new ones.
fn as_written(original: &str, before: &str, text: &str) -> String {
    let changes = TextDiff::from_lines(before, text);
    let mut lines = original.split_inclusive('\n');
    let plain = original.matches('\n').count() > original.matches("\r\n").count();
    let end = if plain { "\n" } else { "\r\n" };
    let mut written = String::with_capacity(original.len());
    for change in changes.iter_all_changes() {
        match change.tag() {
            ChangeTag::Equal => written.push_str(lines.next().unwrap_or_default()),
            ChangeTag::Delete => drop(lines.next()),
            ChangeTag::Insert => written.push_str(&change.value().replace('\n', end)),
        }
    }
    written
}

/// The line of a text that became a line of the changed text, or the one before the change.
fn line_before(old: &str, new: &str, line: usize) -> usize {
    let changes = TextDiff::from_lines(old, new);
    let mut last = 0;
    for change in changes.iter_all_changes() {
        last = change.old_index().map_or(last, |index| index + 1);
        if change.new_index() == Some(line - 1) {
            break;
        }
    }
    last.max(1)
}
