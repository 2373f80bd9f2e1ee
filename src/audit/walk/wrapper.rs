//! Programs that run their arguments: `sudo`, `timeout`, `env`, `xargs`.

use super::super::event::Word;
use super::super::paths::file_name;
use super::super::text::Text;
use super::loops::lines;
use super::simple::Call;
use super::{Context, Flow, Input, Shell, Walker};

/// Wrappers, and their options that take a value.
const WRAPPERS: [(&str, &[&str]); 23] = [
    (
        "sudo",
        &["-u", "-g", "-C", "-h", "-p", "-r", "-t", "-T", "-D", "-U"],
    ),
    ("doas", &["-u", "-C"]),
    ("env", &["-u", "-C", "-S"]),
    ("nice", &["-n"]),
    ("ionice", &["-c", "-n", "-p"]),
    ("chrt", &[]),
    ("nohup", &[]),
    ("setsid", &[]),
    ("time", &["-f", "-o"]),
    ("command", &[]),
    ("builtin", &[]),
    ("exec", &["-a"]),
    ("timeout", &["-s", "-k"]),
    ("stdbuf", &["-i", "-o", "-e"]),
    ("chronic", &[]),
    ("unbuffer", &[]),
    ("flock", &["-w", "-E"]),
    ("systemd-inhibit", &[]),
    ("eatmydata", &[]),
    ("catchsegv", &[]),
    ("xargs", &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"]),
    ("parallel", &["-j", "-a", "-N", "-n", "-I", "-S", "--jobs"]),
    ("find", &[]),
];

/// The word at which the command begins that a wrapper runs.
pub(super) fn arguments_start(name: &str, call: &Call) -> Option<usize> {
    let (_, with_value) = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name)?;
    let words = call.words;
    if name == "find" {
        let exec = |word: &Word| matches!(word.as_str(), "-exec" | "-execdir" | "-ok");
        return words.iter().position(exec).map(|at| at + 1);
    }
    let mut index = 1;
    while let Some(word) = words.get(index) {
        let chars = word.as_str();
        match chars {
            "--" => {
                index += 1;
                break;
            }
            // It asks whether there is such a command.
            "-v" | "-V" if name == "command" => return None,
            _ if chars.starts_with('-') && chars.len() > 1 => {
                index += if with_value.contains(&chars) { 2 } else { 1 };
            }
            _ if matches!(name, "env" | "sudo") && is_assignment(chars) => index += 1,
            _ => break,
        }
    }
    // A duration, a lock file.
    index += usize::from(matches!(name, "timeout" | "flock" | "chrt"));
    (index < words.len()).then_some(index)
}

pub(super) fn is_wrapper(name: &str) -> bool {
    WRAPPERS.iter().any(|(wrapper, _)| *wrapper == name)
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

impl Walker<'_> {
    pub(super) fn run_wrapped(
        &mut self,
        shell: &mut Shell,
        name: &str,
        call: &Call,
        start: usize,
        context: &Context,
    ) -> Flow {
        match name {
            "xargs" => self.xargs(shell, call, start, context),
            "parallel" => self.parallel(shell, call, start, context),
            "find" => {
                let any = self.symbol("{}");
                let words = call.words.get(start..).unwrap_or_default();
                let end = words
                    .iter()
                    .position(|word| matches!(word.as_str(), ";" | "+"));
                let words = words.get(..end.unwrap_or(words.len())).unwrap_or_default();
                let words = with_value(words, "{}", &Text::new(&any, call.place));
                self.run(
                    shell,
                    &Call {
                        words: &words,
                        ..*call
                    },
                    context,
                )
            }
            _ => {
                let options = call.words.get(1..start).unwrap_or_default();
                let mut environment = call.environment.to_vec();
                for option in options.iter().filter(|word| is_assignment(word.as_str())) {
                    if let Some((name, _)) = option.as_str().split_once('=') {
                        let end = option.as_str().len();
                        let value = option.text.slice(name.len() + 1, end);
                        environment.push((name.to_owned(), value));
                    }
                }
                let inner = Call {
                    environment: &environment,
                    ..call.from(start)
                };
                self.run(shell, &inner, context);
                Flow::Next
            }
        }
    }

    /// GNU parallel: the command up to `:::`, once for each value after it. It waits for all of them.
    fn parallel(
        &mut self,
        shell: &mut Shell,
        call: &Call,
        start: usize,
        context: &Context,
    ) -> Flow {
        let mut context = context.clone();
        context.input = Input::Inherited;
        let words = call.words.get(start..).unwrap_or_default();
        let ends = |word: &Word| word.as_str().starts_with(":::");
        let mut parts = words.split(ends);
        let command = parts.next().unwrap_or_default();
        let values = match (words.iter().find(|word| ends(word)), parts.next()) {
            (Some(separator), Some(values)) if separator.as_str() == ":::" => values,
            _ => &[],
        };
        let mut values: Vec<Text> = values.iter().map(|word| word.text.clone()).collect();
        if values.is_empty() || parts.next().is_some() {
            let symbol = self.symbol("the input of parallel");
            values = vec![Text::new(&symbol, call.place)];
        }
        for value in values {
            let name = value.map(|text| file_name(text).to_owned());
            let stem = self.symbol("{.}");
            let is_filled = |word: &Word| word.as_str().contains(['{', '}']);
            let mut words = with_value(command, "{}", &value);
            words = with_value(&words, "{/}", &name);
            for place in ["{.}", "{/.}", "{1}", "{2}"] {
                words = with_value(&words, place, &Text::new(&stem, call.place));
            }
            if !command.iter().any(is_filled) {
                words.push(Word {
                    text: value,
                    ..Word::default()
                });
            }
            // One word is a script.
            if let [script] = command
                && script.as_str().contains(' ')
            {
                let word = |text: &str| Word {
                    text: Text::new(text, call.place),
                    ..Word::default()
                };
                words.splice(0..0, [word("bash"), word("-c")]);
            }
            let words = words.as_slice();
            self.run(shell, &Call { words, ..*call }, &context);
        }
        Flow::Next
    }

    fn xargs(&mut self, shell: &mut Shell, call: &Call, start: usize, context: &Context) -> Flow {
        let mut context = context.clone();
        let options: Vec<&str> = call
            .words
            .get(1..start)
            .unwrap_or_default()
            .iter()
            .map(Word::as_str)
            .collect();
        let value = |letter: &str| {
            let at = options
                .iter()
                .position(|option| option.starts_with(letter))?;
            match options.get(at)?.strip_prefix(letter)? {
                "" => options.get(at + 1).copied(),
                value => Some(value),
            }
        };
        context.parallel |= value("-P").is_some_and(|jobs| jobs != "1")
            || options
                .iter()
                .any(|option| option.starts_with("--max-procs") && *option != "--max-procs=1");
        let place = value("-I").map(str::to_owned).or_else(|| {
            let replaces =
                |option: &&str| option.starts_with("-i") || option.starts_with("--replace");
            options.iter().any(replaces).then(|| "{}".to_owned())
        });
        let inner = call.from(start);
        let input = std::mem::replace(&mut context.input, Input::Inherited);
        let values = match &input {
            Input::Text(text) => lines(text),
            Input::Inherited | Input::File(_) | Input::Unknown => Vec::new(),
        };
        let values = if values.is_empty() || values.len() > 64 {
            let symbol = self.symbol("the input of xargs");
            vec![Text::new(&symbol, call.place)]
        } else {
            values
        };
        let Some(place) = place else {
            let mut words = inner.words.to_vec();
            words.extend(values.into_iter().map(|text| Word {
                splits: true,
                text,
                ..Word::default()
            }));
            return self.run(
                shell,
                &Call {
                    words: &words,
                    ..inner
                },
                &context,
            );
        };
        for value in values {
            let words = with_value(inner.words, &place, &value);
            self.run(
                shell,
                &Call {
                    words: &words,
                    ..inner
                },
                &context,
            );
        }
        Flow::Next
    }
}

/// The words with a value in each place for it.
fn with_value(words: &[Word], place: &str, value: &Text) -> Vec<Word> {
    let fill = |word: &Word| match word.as_str().contains(place) {
        true => Word {
            text: word.text.map(|text| text.replace(place, value.as_str())),
            ..word.clone()
        },
        false => word.clone(),
    };
    words.iter().map(fill).collect()
}
