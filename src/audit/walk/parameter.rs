//! The values of parameters: `$name`, `${name%…}`, `"$@"`.

use super::super::paths::has_unit_suffix;
use super::super::symbol::{Symbol, is_known, is_symbol};
use super::super::syntax::{Operation, Parameter, ParameterName};
use super::super::text::{Place, Text};
use super::Walker;
use super::expand::Expanded;
use super::limits::MOST_OF_VALUE;
use super::pattern::{has_glob, trim};
use super::state::{Context, Shell, Value};

/// Variables that every shell sets itself, or that the environment has, usually.
const ENVIRONMENT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "SHLVL",
    "SHELLOPTS",
    "PWD",
    "OLDPWD",
    "HOSTNAME",
    "HOSTTYPE",
    "MACHTYPE",
    "OSTYPE",
    "LANG",
    "LANGUAGE",
    "TERM",
    "EUID",
    "UID",
    "GROUPS",
    "PPID",
    "RANDOM",
    "SRANDOM",
    "SECONDS",
    "EPOCHSECONDS",
    "EPOCHREALTIME",
    "LINENO",
    "OPTIND",
    "PIPESTATUS",
    "DIRSTACK",
    "FUNCNAME",
    "IFS",
    "TMPDIR",
    "DEBIAN_FRONTEND",
];

impl Walker<'_> {
    pub(super) fn parameter(
        &mut self,
        shell: &mut Shell,
        parameter: &Parameter,
        context: &Context,
        place: Place,
    ) -> Expanded {
        let values = self.values(shell, &parameter.name, place);
        let texts = match values {
            Values::Many(texts) => return self.many(texts, parameter, place),
            Values::One(text) => Some(text),
            Values::Unset => None,
        };
        let name = shown(&parameter.name);
        Expanded::One(match &parameter.operation {
            Operation::Plain | Operation::Require => match texts {
                Some(text) => text,
                None => self.unset_variable(shell, parameter, place),
            },
            Operation::Default {
                value,
                assign,
                empty_too,
            } => {
                let text = match texts {
                    Some(text) if !(text.is_empty() && *empty_too) => text,
                    Some(_) => self.expand_joined(shell, value, context),
                    None => {
                        let default = self.expand_joined(shell, value, context);
                        match self.is_certainly_unset(shell, parameter) || is_telling(&default) {
                            true => default,
                            false => Text::new(&self.derived(&name, false), place),
                        }
                    }
                };
                if *assign && let ParameterName::Variable(name) = &parameter.name {
                    shell.set(name, Value::Scalar(text.clone()));
                }
                text
            }
            Operation::Alternative(value) => match texts {
                Some(text) if text.is_empty() => text,
                Some(text) if is_known(text.as_str()) => self.expand_joined(shell, value, context),
                _ => {
                    let text = self.expand_joined(shell, value, context);
                    Text::new(
                        &self.derived(&format!("{name}+{}", text.as_str()), false),
                        place,
                    )
                }
            },
            operation => {
                let text = match texts {
                    Some(text) => text,
                    None => Text::new(&self.derived(&name, false), place),
                };
                self.changed(shell, &text, operation, context, place)
            }
        })
    }

    fn many(&mut self, texts: Vec<Text>, parameter: &Parameter, place: Place) -> Expanded {
        let texts = match &parameter.operation {
            Operation::From(offset) => {
                let first = usize::from(parameter.name_is_positions());
                match offset.trim().parse::<usize>() {
                    Ok(from) => texts.into_iter().skip(from.saturating_sub(first)).collect(),
                    Err(_) => texts,
                }
            }
            Operation::Other | Operation::Trim { .. } | Operation::Replace { .. } => {
                let symbol = self.symbol(shown(&parameter.name));
                vec![Text::new(&symbol, place)]
            }
            _ => texts,
        };
        let joined = matches!(
            parameter.name,
            ParameterName::AllPositions { joined: true }
                | ParameterName::AllElements { joined: true, .. }
        );
        if !joined {
            return Expanded::Many(texts);
        }
        let mut all = Text::default();
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                all.push_str(" ", text.place());
            }
            all.push(text);
        }
        Expanded::One(all)
    }

    fn values(&mut self, shell: &mut Shell, name: &ParameterName, place: Place) -> Values {
        match name {
            ParameterName::Variable(name) => match shell.get(name) {
                Some(Value::Scalar(text)) => Values::One(text.clone()),
                Some(Value::Array(texts)) => {
                    texts.first().cloned().map_or(Values::Unset, Values::One)
                }
                Some(Value::Map(elements)) => {
                    let first = elements.iter().find(|(index, _)| index == "0");
                    first.map_or(Values::Unset, |(_, text)| Values::One(text.clone()))
                }
                None => Values::Unset,
            },
            ParameterName::Position(index) => match &shell.positions {
                Some(positions) => {
                    let text = index.checked_sub(1).and_then(|index| positions.get(index));
                    text.cloned().map_or(Values::Unset, Values::One)
                }
                None => Values::Unset,
            },
            ParameterName::AllPositions { .. } => match &shell.positions {
                Some(positions) => Values::Many(positions.clone()),
                None => {
                    let symbol = self.derived("$@", false);
                    Values::Many(vec![Text::new(&symbol, place)])
                }
            },
            ParameterName::AllElements { name, .. } => {
                let indices = name.strip_prefix('!');
                let elements = shell.elements(indices.unwrap_or(name));
                match (elements, indices, shell.get(name)) {
                    (Some(elements), Some(_), _) => {
                        let elements = elements.into_iter();
                        Values::Many(
                            elements
                                .map(|(index, _)| Text::new(&index, place))
                                .collect(),
                        )
                    }
                    (Some(elements), None, _) => {
                        Values::Many(elements.into_iter().map(|(_, text)| text).collect())
                    }
                    (None, None, Some(Value::Scalar(text))) => Values::Many(vec![text.clone()]),
                    _ => {
                        let symbol = self.derived(&format!("${{{name}[@]}}"), false);
                        Values::Many(vec![Text::new(&symbol, place)])
                    }
                }
            }
            ParameterName::Element { name, index } => self.element(shell, name, index, place),
            ParameterName::Status => Values::One(Text::new(&self.derived("$?", false), place)),
            ParameterName::LastJob => {
                let symbol = self.symbols.add(Symbol {
                    shown: "$!".to_owned(),
                    job: shell.last_job,
                    ..Symbol::default()
                });
                Values::One(Text::new(&symbol, place))
            }
            ParameterName::Other(name) => {
                let symbol = self.derived(&format!("${name}"), false);
                Values::One(Text::new(&symbol, place))
            }
        }
    }

    fn element(&mut self, shell: &Shell, name: &str, index: &str, place: Place) -> Values {
        let unknown = |walker: &mut Self| {
            let symbol = walker.derived(&format!("${{{name}[{index}]}}"), false);
            Values::One(Text::new(&symbol, place))
        };
        let Some(key) = shell.index(index) else {
            return unknown(self);
        };
        if let (Some(Value::Scalar(text)), "0") = (shell.get(name), key.as_str()) {
            return Values::One(text.clone());
        }
        let Some(elements) = shell.elements(name) else {
            return unknown(self);
        };
        // The index of a numbered array is an arithmetic expression, such as the name of a variable.
        let is_number = |index: &str| index.parse::<usize>().is_ok();
        let is_numbered = elements.iter().all(|(index, _)| is_number(index));
        let key = match is_numbered && !is_number(&key) {
            true => shell.index(&format!("${key}")).filter(|key| is_number(key)),
            false => Some(key),
        };
        let Some(key) = key else {
            return unknown(self);
        };
        let mut elements = elements.into_iter();
        elements
            .find(|(index, _)| *index == key)
            .map_or(Values::Unset, |(_, text)| Values::One(text))
    }

    /// The value of a variable that this shell has not set.
    fn unset_variable(&mut self, shell: &mut Shell, parameter: &Parameter, place: Place) -> Text {
        let ParameterName::Variable(name) = &parameter.name else {
            if self.is_certainly_unset(shell, parameter) {
                return Text::default();
            }
            return Text::new(&self.derived(&shown(&parameter.name), false), place);
        };
        let is_environment = ENVIRONMENT.contains(&name.as_str())
            || name.starts_with("BASH")
            || name.starts_with("LC_");
        if shell.is_kept_back(name) && !is_environment {
            let symbol = self.symbols.add(Symbol {
                shown: format!("${name}"),
                lost: Some(name.clone()),
                ..Symbol::default()
            });
            self.first_uses.insert(symbol.clone(), place);
            let text = Text::new(&symbol, place);
            shell.set(name, Value::Scalar(text.clone()));
            return text;
        }
        let key = format!("${name}");
        if let Some(symbol) = self.unset.get(&key) {
            return Text::new(symbol, place);
        }
        let symbol = self.symbols.add(Symbol {
            shown: key.clone(),
            directory: matches!(name.as_str(), "PWD" | "OLDPWD" | "HOME" | "TMPDIR"),
            unset: (!is_environment).then(|| name.clone()),
            ..Symbol::default()
        });
        self.unset.insert(key, symbol.clone());
        Text::new(&symbol, place)
    }

    fn is_certainly_unset(&self, shell: &Shell, parameter: &Parameter) -> bool {
        matches!(parameter.name, ParameterName::Position(_)) && shell.positions.is_some()
    }

    /// A value after `${name%…}`, `${name/…}` and the like.
    fn changed(
        &mut self,
        shell: &mut Shell,
        text: &Text,
        operation: &Operation,
        context: &Context,
        place: Place,
    ) -> Text {
        let chars = text.as_str();
        let whole = chars.chars().count() == 1 && chars.chars().any(is_symbol);
        match operation {
            Operation::Trim {
                pattern,
                suffix,
                longest,
            } if !whole => {
                if pattern == "/*" && *suffix {
                    let end = chars.rfind('/').unwrap_or(chars.len());
                    self.directories
                        .insert(chars.get(..end).unwrap_or_default().to_owned());
                }
                let range = trim(chars, pattern, *suffix, *longest);
                text.slice(range.0, range.1)
            }
            Operation::Trim {
                pattern, suffix, ..
            } => {
                let mark = if *suffix { '%' } else { '#' };
                let directory = *suffix && pattern == "/*";
                let name = self.symbols.shown(chars);
                let name = format!("${{{}{mark}{pattern}}}", name.trim_start_matches('$'));
                Text::new(&self.derived(&name, directory), place)
            }
            Operation::Replace { pattern, with, all } if is_known(chars) && !has_glob(pattern) => {
                let with = self.expand_joined(shell, with, context);
                if chars.len().saturating_mul(with.as_str().len()) > MOST_OF_VALUE {
                    return Text::new(&self.symbol("a long text"), place);
                }
                text.map(|text| match all {
                    true => text.replace(pattern.as_str(), with.as_str()),
                    false => text.replacen(pattern.as_str(), with.as_str(), 1),
                })
            }
            _ => {
                let name = format!("${{{chars}…}}");
                Text::new(&self.derived(&name, false), place)
            }
        }
    }
}

enum Values {
    One(Text),
    Many(Vec<Text>),
    Unset,
}

impl Parameter {
    fn name_is_positions(&self) -> bool {
        matches!(self.name, ParameterName::AllPositions { .. })
    }
}

/// Whether a default is treated as the value: a path or a unit is. A number is probably replaced.
fn is_telling(default: &Text) -> bool {
    let text = default.as_str();
    text.contains('/') || has_unit_suffix(text)
}

fn shown(name: &ParameterName) -> String {
    match name {
        ParameterName::Variable(name) => format!("${name}"),
        ParameterName::Position(index) => format!("${index}"),
        ParameterName::AllPositions { .. } => "$@".to_owned(),
        ParameterName::AllElements { name, .. } => format!("${{{name}[@]}}"),
        ParameterName::Element { name, index } => format!("${{{name}[{index}]}}"),
        ParameterName::Status => "$?".to_owned(),
        ParameterName::LastJob => "$!".to_owned(),
        ParameterName::Other(name) => format!("${name}"),
    }
}
