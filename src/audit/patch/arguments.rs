//! Proposals for the words of a push: its options, its destination, the directory that it needs.

use super::super::paths;
use super::around::Around;
use super::call::{has_value, operands, pushes};
use super::push::join;
use super::script::{Edits, Script};

impl Around<'_> {
    /// The directory of the destination, made before the push.
    pub(super) fn make_parent(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for push in self.pushes() {
            for call in pushes(self.script, self.line()) {
                let exec = call.exec(self.script, &self.view.shown(&push.container));
                let (path, quote) = self.script.bare(call.destination);
                let variable = path
                    .strip_prefix('$')
                    .map(|name| name.trim_start_matches('{').trim_end_matches('}'))
                    .filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_'));
                let parent = match (variable, path.rsplit_once('/')) {
                    (Some(variable), _) => format!("\"${{{variable}%/*}}\""),
                    (None, Some((parent, _))) => Script::quoted(parent, quote, call.command.quote),
                    (None, None) => paths::parent(&push.destination).to_owned(),
                };
                for parent in [parent, paths::parent(&push.destination).to_owned()] {
                    let line = format!("{exec} mkdir -p {parent}");
                    if !parent.contains('$') {
                        proposals.extend(self.script.before_loop(call.command, &line));
                    }
                    proposals.extend(self.script.before(call.command, &line));
                }
            }
        }
        proposals
    }

    /// The options that pct has, one push for each source.
    pub(super) fn right_arguments(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for command in self.commands() {
            let words = &command.words;
            let Some(verb) = words.iter().position(|word| self.raw(word) == "push") else {
                continue;
            };
            // These programs make other words of the ones that are written.
            let others = ["parallel", "xargs", ":::"];
            if words.iter().any(|word| others.contains(&self.raw(word))) {
                continue;
            }
            let mut edits: Edits = Vec::new();
            let mut rest = words.iter().skip(verb + 1);
            let mut kept = String::new();
            while let Some(word) = rest.next() {
                let raw = self.raw(word);
                if !raw.starts_with('-') {
                    continue;
                }
                let (name, value) = match raw.split_once('=') {
                    Some((name, value)) => (name, Some(value)),
                    None => (raw, None),
                };
                let value = match value {
                    None if has_value(name) => rest.next().map(|word| {
                        edits.push((self.with_blank(word), String::new()));
                        self.raw(word)
                    }),
                    value => value,
                };
                edits.push((self.with_blank(word), String::new()));
                let right = match name.trim_start_matches('-') {
                    "perms" | "mode" | "chmod" | "m" => "perms",
                    "user" | "owner" | "uid" => "user",
                    "group" | "gid" => "group",
                    _ => continue,
                };
                match value.map(|value| (value, value.split_once(':'))) {
                    Some((_, Some((user, group)))) => {
                        let both = [("user", user), ("group", group)];
                        for (name, value) in both.into_iter().filter(|(_, value)| !value.is_empty())
                        {
                            kept.push_str(&format!(" --{name} {value}"));
                        }
                    }
                    Some((value, None)) => kept.push_str(&format!(" --{right} {value}")),
                    None => {}
                }
            }
            let mut operands = operands(self.script, words.get(verb + 1..).unwrap_or_default());
            let is_mode = |word: &&&std::ops::Range<usize>| {
                let raw = self.raw(word);
                matches!(raw.len(), 3 | 4) && raw.bytes().all(|byte| matches!(byte, b'0'..=b'7'))
            };
            if let (4.., Some(mode)) = (operands.len(), operands.last().filter(is_mode).copied()) {
                edits.push((self.with_blank(mode), String::new()));
                kept.push_str(&format!(" --perms {}", self.raw(mode)));
                operands.pop();
            }
            let [id, sources @ .., destination] = operands.as_slice() else {
                continue;
            };
            let pct = self.raw(&(command.span.start..words.get(verb).map_or(0, |word| word.end)));
            let id = self.raw(id);
            let (target, quote) = self.script.bare(destination);
            let end = command
                .words
                .last()
                .map_or(command.span.end, |word| word.end);
            let recursive = |word: &std::ops::Range<usize>| {
                matches!(
                    self.raw(word),
                    "-r" | "-R" | "--recursive" | "-a" | "--archive" | "--dir"
                )
            };
            if let ([source], true) = (sources, words.iter().any(recursive)) {
                let name = self
                    .script
                    .bare(source)
                    .0
                    .rsplit('/')
                    .next()
                    .unwrap_or_default();
                if !name.contains('.') || name.ends_with('.') {
                    let pct = pct.strip_suffix("push").unwrap_or(pct);
                    let bare = pct.trim_end().rsplit(' ').next().unwrap_or_default();
                    let (from, to) = (self.raw(source), self.raw(destination));
                    let text = format!(
                        "{pct}exec {id} -- mkdir -p {to} && tar -C {from} -cf - . | {bare} exec {id} -- tar -xf - -C {to}"
                    );
                    proposals.push(vec![(command.span.start..end, text)]);
                }
            }
            let is_directory = target.ends_with('/')
                || paths::is_system_directory(target)
                || !paths::file_name(target).contains('.') && target.contains(['/', '$']);
            if sources.len() > 1 && !is_directory {
                continue;
            }
            if sources.len() > 1 {
                let one = |source: &&&std::ops::Range<usize>| {
                    let (path, _) = self.script.bare(source);
                    let name = path.rsplit('/').next().unwrap_or_default();
                    let path = Script::quoted(&join(target, name), quote, command.quote);
                    format!("{pct} {id} {} {path}{kept}", self.raw(source))
                };
                let lines: Vec<String> =
                    sources.iter().collect::<Vec<_>>().iter().map(one).collect();
                let indentation = self.script.indentation(command.span.start);
                for separator in [format!("\n{indentation}"), " && ".to_owned()] {
                    proposals.push(vec![(command.span.start..end, lines.join(&separator))]);
                }
            } else if let ([], true) = (sources, target.starts_with('/')) {
                // Without a destination, the path is the same on both sides.
                let path = self.raw(destination);
                let text = format!("{pct} {id} {path} {path}{kept}");
                proposals.push(vec![(command.span.start..end, text)]);
            } else {
                edits.push((end..end, kept));
                proposals.push(edits);
            }
        }
        proposals
    }

    /// A word with the blank before it.
    fn with_blank(&self, word: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let before = self.raw(&(0..word.start));
        before.trim_end_matches([' ', '\t']).len()..word.end
    }

    /// A unit where systemd looks for it.
    pub(super) fn unit_path(&self) -> Vec<Edits> {
        let mut proposals = Vec::new();
        for push in self.pushes() {
            for call in pushes(self.script, self.line()) {
                let (path, quote) = self.script.bare(call.destination);
                let written = path.rsplit('/').next().unwrap_or_default();
                let known = paths::file_name(&push.destination);
                let source = self.file_name(&call);
                let right = |name: &str| paths::has_unit_suffix(name);
                // With several values, only the words of the script name each file.
                let all_units = || {
                    let mut names = self.pushes().map(|push| push.destination.as_str());
                    names.all(|path| right(paths::file_name(path)))
                };
                let is_variable = path.contains('$') || source.contains('$');
                let is_unit = || written.contains('$') && path.contains('/') && all_units();
                let name = if right(written) || is_unit() {
                    written.to_owned()
                } else if right(&source) {
                    source
                } else if is_variable && self.is_repeated(call.command) {
                    continue;
                } else if right(known) {
                    self.view.shown(known)
                } else {
                    self.view.shown(paths::file_name(push.source.as_str()))
                };
                let path = join("/etc/systemd/system", &name);
                let path = Script::quoted(&path, quote, call.command.quote);
                proposals.push(vec![(call.destination.clone(), path)]);
            }
        }
        proposals
    }
}
