//! Programs that make files and directories.

use super::super::event::{EventKind, Site, Use, Word, Write};
use super::super::paths::{self, file_name, join};
use super::super::text::{Place, Text};
use super::limits::MOST_OF_VALUE;
use super::simple::Call;
use super::{Context, Input, Shell, Walker};

/// The text of a file, if it can be had.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Text(Text),
    /// A file beside the script.
    File(String),
}

impl Walker<'_> {
    /// The input of a command: a file that the script has written, or one beside the script.
    pub(super) fn input_from(&mut self, shell: &Shell, path: &str) -> Input {
        let key = (shell.site.clone(), self.absolute(shell, path));
        if let Some(Content::Text(text)) = self.contents.get(&key) {
            return Input::Text(text.clone());
        }
        match shell.site {
            Site::Host => self
                .without_script_directory(path)
                .map_or(Input::Unknown, Input::File),
            Site::Remote(_) | Site::Container(_) => Input::Unknown,
        }
    }

    /// A file appears, or changes.
    pub(super) fn write(
        &mut self,
        shell: &Shell,
        context: &Context,
        place: Place,
        path: &str,
        text: Option<Text>,
        append: bool,
    ) {
        let key = (shell.site.clone(), path.to_owned());
        let old = if append {
            self.contents.remove(&key)
        } else {
            None
        };
        let text = match (append, old, text) {
            (false, _, text) => text,
            (true, Some(Content::Text(mut old)), Some(text)) => {
                old.push(&text);
                (old.size() <= MOST_OF_VALUE).then_some(old)
            }
            (true, ..) => None,
        };
        let content = text.as_ref().map(|text| text.as_str().to_owned());
        match text {
            Some(text) => self.contents.insert(key, Content::Text(text)),
            None => self.contents.remove(&key),
        };
        if paths::has_unit_suffix(path) || paths::is_unit_directory(paths::parent(path)) {
            self.report_lost_variables_in(shell, context, path, Use::Path);
        }
        let kind = EventKind::Write(Write {
            path: path.to_owned(),
            content,
        });
        self.emit(shell, context, place, kind);
    }

    /// A program that makes files. Whether it is one.
    pub(super) fn file_program(
        &mut self,
        shell: &Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) -> bool {
        let place = call.place;
        let words = call.arguments();
        match name {
            "mkdir" => {
                let modes = option_values(words, &["-m", "--mode"]);
                self.directories(shell, context, place, &modes);
            }
            "install" => {
                let words_left = option_values(
                    words,
                    &["-m", "-o", "-g", "-t", "-S", "--mode", "--owner", "--group"],
                );
                let is_directory = words.iter().any(|word| {
                    let word = word.as_str();
                    word == "--directory"
                        || word.starts_with('-') && !word.starts_with("--") && word.contains('d')
                });
                match is_directory {
                    true => self.directories(shell, context, place, &words_left),
                    false => self.copies(shell, context, place, words, &words_left),
                }
            }
            "cp" | "mv" | "ln" | "rsync" | "scp" => {
                let words_left = option_values(
                    words,
                    &["-t", "-S", "-e", "-P", "-i", "-o", "--target-directory"],
                );
                self.copies(shell, context, place, words, &words_left);
            }
            "tee" => {
                let append = words
                    .iter()
                    .any(|word| matches!(word.as_str(), "-a" | "--append"));
                let text = match &context.input {
                    Input::Text(text) => Some(text.clone()),
                    Input::Inherited | Input::File(_) | Input::Unknown => None,
                };
                for word in option_values(words, &[]) {
                    let path = self.absolute(shell, word.as_str());
                    self.write(shell, context, place, &path, text.clone(), append);
                }
                self.write_output(shell, context, place);
            }
            "touch" | "truncate" | "mkfifo" | "patch" => {
                for word in option_values(words, &["-s", "-d", "-r", "-t"]) {
                    let path = self.absolute(shell, word.as_str());
                    self.write(shell, context, place, &path, None, true);
                }
            }
            "dd" => {
                let output = words
                    .iter()
                    .find_map(|word| word.as_str().strip_prefix("of="));
                if let Some(path) = output {
                    let path = self.absolute(shell, path);
                    self.write(shell, context, place, &path, None, false);
                }
            }
            "sed" | "perl" | "awk" | "envsubst" | "jq" | "base64" | "tr" | "sort" | "head"
            | "tail" => {
                let in_place = words.iter().any(|word| word.as_str().starts_with("-i"));
                if in_place && let Some(word) = words.last() {
                    let path = self.absolute(shell, word.as_str());
                    let key = (shell.site.clone(), path);
                    self.contents.remove(&key);
                }
                self.write_output(shell, context, place);
            }
            "wget" | "curl" => self.download(shell, name, call, context),
            "tar" | "unzip" | "bsdtar" | "7z" | "git" | "gunzip" | "unxz" | "zstd" | "cpio"
            | "debootstrap" => {
                self.unpack(shell, name, call, context);
            }
            "useradd" | "adduser" => {
                if let Some(name) = words.last() {
                    let home = join("/home", name.as_str());
                    self.emit(shell, context, place, EventKind::Directory(home));
                }
            }
            _ => return false,
        }
        true
    }

    fn directories(&mut self, shell: &Shell, context: &Context, place: Place, words: &[&Word]) {
        for word in words {
            let path = self.absolute(shell, word.as_str());
            let path = paths::trimmed(&path).to_owned();
            if shell.site == Site::Host {
                self.directories
                    .insert(word.as_str().trim_end_matches('/').to_owned());
                self.directories.insert(path.clone());
            }
            self.emit(shell, context, place, EventKind::Directory(path));
        }
    }

    /// `cp`, `mv`, `ln`, `install`: the last word is a file, or a directory for the files before it.
    fn copies(
        &mut self,
        shell: &Shell,
        context: &Context,
        place: Place,
        all: &[Word],
        words: &[&Word],
    ) {
        let target = all
            .iter()
            .position(|word| matches!(word.as_str(), "-t" | "--target-directory"))
            .and_then(|at| all.get(at + 1));
        if words.iter().any(|word| word.as_str().contains(':')) {
            // To another machine, which may be the container.
            return self.emit(shell, context, place, EventKind::Unknown);
        }
        let (target, sources) = match (target, words.split_last()) {
            (Some(target), _) => (target, words),
            (None, Some((target, sources))) => (*target, sources),
            (None, None) => return,
        };
        let destination = self.absolute(shell, target.as_str());
        let key = (shell.site.clone(), paths::trimmed(&destination).to_owned());
        let is_directory = destination.ends_with('/')
            || sources.len() > 1
            || paths::is_system_directory(&destination)
            || self.directories.contains(&key.1);
        for source in sources {
            let name = file_name(source.as_str());
            let source = self.absolute(shell, source.as_str());
            let text = match self.contents.get(&(shell.site.clone(), source.clone())) {
                Some(Content::Text(text)) => Some(text.clone()),
                _ => None,
            };
            if is_directory && !source.ends_with('/') {
                // The content of a directory may be copied with it.
                let name = match name {
                    "." | "" => self.derived("*", false),
                    name => name.to_owned(),
                };
                let path = join(&destination, &name);
                self.write(shell, context, place, &path, text, false);
            } else {
                self.write(shell, context, place, &destination, text, false);
            }
        }
        if is_directory && sources.is_empty() {
            let path = join(&destination, &self.derived("*", false));
            self.write(shell, context, place, &path, None, false);
        }
    }

    fn download(&mut self, shell: &Shell, name: &str, call: &Call, context: &Context) {
        let mut words = call.arguments().iter();
        let mut url = None;
        let mut output = None;
        let mut directory = None;
        let mut remote_name = name == "wget";
        while let Some(word) = words.next() {
            let word = word.as_str();
            let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            let is_output = match letters {
                Some(letters) => letters.ends_with(if name == "wget" { 'O' } else { 'o' }),
                None => matches!(word, "--output" | "--output-document"),
            };
            if is_output {
                output = words.next().map(|word| word.as_str().to_owned());
            } else if let Some((_, path)) = word
                .split_once('=')
                .filter(|(option, _)| option.starts_with("--output"))
            {
                output = Some(path.to_owned());
            } else if matches!(word, "-P" | "--directory-prefix") {
                directory = words.next().map(|word| word.as_str().to_owned());
            } else if name == "curl" && letters.is_some_and(|letters| letters.contains('O')) {
                remote_name = true;
            } else if matches!(word, "-H" | "-d" | "-X" | "-u" | "--header" | "--data") {
                words.next();
            } else if !word.starts_with('-') {
                url = Some(word.to_owned());
            }
        }
        let path = match (output, url) {
            (Some(path), _) if matches!(path.as_str(), "-" | "/dev/null") => None,
            (Some(path), _) => Some(self.absolute(shell, &path)),
            (None, Some(url)) if remote_name => {
                let file = file_name(&url).to_owned();
                let file =
                    directory.map_or_else(|| file.clone(), |directory| join(&directory, &file));
                Some(self.absolute(shell, &file))
            }
            _ => None,
        };
        match path {
            Some(path) => self.write(shell, context, call.place, &path, None, false),
            None => self.write_output(shell, context, call.place),
        }
    }

    /// What an archive holds is not known.
    fn unpack(&mut self, shell: &Shell, name: &str, call: &Call, context: &Context) {
        let words = call.arguments();
        let first = words.first().map_or("", Word::as_str);
        let only_reads = match name {
            "tar" | "bsdtar" => {
                let mode = first.trim_start_matches('-');
                words
                    .iter()
                    .any(|word| matches!(word.as_str(), "--create" | "--list"))
                    || !mode.contains('x')
                        && mode.starts_with(['c', 't', 'r', 'z', 'v'])
                        && mode.contains(['c', 't', 'r'])
            }
            "git" => !words.iter().any(|word| {
                matches!(
                    word.as_str(),
                    "clone" | "pull" | "checkout" | "submodule" | "reset" | "worktree"
                )
            }),
            "unzip" => words
                .iter()
                .any(|word| matches!(word.as_str(), "-l" | "-t")),
            _ => false,
        };
        if only_reads {
            self.write_output(shell, context, call.place);
        } else if shell.site != Site::Host {
            self.emit(shell, context, call.place, EventKind::Unknown);
        }
    }
}

/// The words that are neither options nor their values.
fn option_values<'a>(words: &'a [Word], with_value: &[&str]) -> Vec<&'a Word> {
    let mut values = Vec::new();
    let mut words = words.iter();
    let mut options = true;
    while let Some(word) = words.next() {
        let chars = word.as_str();
        if options && chars == "--" {
            options = false;
        } else if options && chars.starts_with('-') && chars.len() > 1 {
            if with_value.contains(&chars) {
                words.next();
            }
        } else {
            values.push(word);
        }
    }
    values
}

/// The output of `echo`, `printf` and `cat`, if it is known.
pub(super) fn printed(name: &str, words: &[Word], input: &Input) -> Option<Text> {
    match name {
        "cat" => match input {
            Input::Text(text) if words.iter().all(|word| word.as_str().starts_with('-')) => {
                Some(text.clone())
            }
            _ => None,
        },
        "echo" => {
            let mut words = words;
            let mut escapes = false;
            let mut end = true;
            while let Some((first, rest)) = words.split_first() {
                let letters = first.as_str().strip_prefix('-').unwrap_or_default();
                if letters.is_empty() || !letters.chars().all(|c| "neE".contains(c)) {
                    break;
                }
                escapes |= letters.contains('e');
                end &= !letters.contains('n');
                words = rest;
            }
            let mut text = Text::default();
            for (index, word) in words.iter().enumerate() {
                if index > 0 {
                    text.push_str(" ", word.text.place());
                }
                text.push(&word.text);
            }
            if escapes {
                text = text.map(unescaped);
            }
            if end {
                let place = text.place_at(text.as_str().len());
                text.push_str("\n", place);
            }
            Some(text)
        }
        "printf" => {
            let (format, values) = words.split_first()?;
            let mut text = Text::default();
            let mut values = values.iter();
            loop {
                let before = values.len();
                format_once(&format.text, &mut values, &mut text);
                if text.size() > MOST_OF_VALUE {
                    return None;
                }
                if values.len() == 0 || values.len() == before {
                    return Some(text);
                }
            }
        }
        _ => None,
    }
}

/// One pass of printf over its format: `%s` and `%d` take a value, other conversions print nothing.
fn format_once(format: &Text, values: &mut std::slice::Iter<Word>, text: &mut Text) {
    let chars = format.as_str();
    let mut rest = chars;
    while let Some(at) = rest.find('%') {
        let start = chars.len() - rest.len();
        text.push(&format.slice(start, start + at).map(unescaped));
        let after = rest.get(at + 1..).unwrap_or_default();
        let conversion = after
            .find(|c: char| c.is_alphabetic() || c == '%')
            .unwrap_or(0);
        match after.get(conversion..).and_then(|rest| rest.chars().next()) {
            Some('%') => text.push_str("%", format.place()),
            Some(_) => {
                if let Some(value) = values.next() {
                    text.push(&value.text);
                }
            }
            None => {}
        }
        rest = after.get(conversion + 1..).unwrap_or_default();
    }
    let start = chars.len() - rest.len();
    text.push(&format.slice(start, chars.len()).map(unescaped));
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n")
        .replace("\\t", "\t")
        .replace("\\\"", "\"")
        .replace("\\\\", "\\")
}
