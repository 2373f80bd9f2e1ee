//! `shell` for a command that needs no shell.

use crate::expression::{TemplatePart, template_parts};
use crate::runbook::error::Finding;
use crate::runbook::model::Runbook;
use crate::runbook::path::Path;
use crate::runbook::printable::quoted;
use crate::runbook::validate::expressions::is_template;

/// Commands that only a shell has.
const BUILTINS: &[&str] = &[
    ".", ":", "alias", "bg", "break", "cd", "command", "continue", "eval", "exec", "exit",
    "export", "fg", "getopts", "hash", "jobs", "local", "read", "readonly", "return", "set",
    "shift", "source", "times", "trap", "type", "ulimit", "umask", "unalias", "unset", "wait",
];

/// Words of the shell's grammar.
const KEYWORDS: &[&str] = &["!", "[[", "case", "for", "if", "until", "while", "{"];

pub(super) fn findings(runbook: &Runbook) -> Vec<Finding> {
    let checks = runbook.checks.iter().enumerate();
    let needless = checks.filter(|(_, check)| check.shell.as_deref().is_some_and(is_plain));
    needless
        .map(|(index, _)| Finding {
            path: Path::default().key("checks").index(index).key("shell"),
            message: "the command needs no shell\nhint: write its words as a list under `run`; a template then needs no `| quote`".to_owned(),
        })
        .collect()
}

/// Whether a script is one command of plain words.
fn is_plain(script: &str) -> bool {
    let mut text = String::new();
    let parts = match is_template(script) {
        true => template_parts(script),
        false => vec![TemplatePart::Text(script.into())],
    };
    for part in &parts {
        match part {
            TemplatePart::Text(part) => text.push_str(part),
            TemplatePart::Expression(_) => text.push_str("''"),
            TemplatePart::Statement => return false,
        }
    }
    let (mut quote, mut bare) = (None, true);
    for c in text.trim().chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, c) => bare &= !"\n|&;<>()$`\\*?[]~#{}".contains(c),
            (Some('"'), c) => bare &= !"$`\\".contains(c),
            (Some(_), _) => {}
        }
    }
    let first = text.split_whitespace().next().unwrap_or_default();
    bare && quote.is_none()
        && !first.contains('=')
        && !BUILTINS.contains(&first)
        && !KEYWORDS.contains(&first)
}

/// Programs to which a word such as `>` is an operator of their own.
const WITH_OPERATORS: &[&str] = &["test", "[", "expr", "awk", "jq", "bc"];

/// Words of `run` that only a shell understands: the program gets them as arguments.
pub(super) fn operators(runbook: &Runbook) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, check) in runbook.checks.iter().enumerate() {
        let Some([program, words @ ..]) = check.run.as_deref() else {
            continue;
        };
        let name = program.rsplit('/').next().unwrap_or_default();
        if WITH_OPERATORS.contains(&name) {
            continue;
        }
        let is_operator = |word: &String| {
            let redirection = word.trim_start_matches(['0', '1', '2', '&']);
            ["|", "||", "&&", ">", ">>", "<"].contains(&word.as_str())
                || redirection.starts_with(">/")
                || redirection == ">&1"
        };
        if let Some(number) = words.iter().position(is_operator) {
            let word = words.get(number).map_or("", String::as_str);
            findings.push(Finding {
                path: Path::default()
                    .key("checks")
                    .index(index)
                    .key("run")
                    .index(number + 1),
                message: format!(
                    "{} is an argument here: no shell reads the words of `run`\nhint: use `shell`",
                    quoted(word)
                ),
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn only_plain_words_need_no_shell() {
        for script in [
            "systemctl is-active nginx",
            "cat '/etc/a b' \"c d\"",
            "grep -c 'a|b' {{ path | quote }}\n",
        ] {
            assert!(is_plain(script), "{script}");
        }
        for script in [
            "ls | wc -l",
            "ls /etc/*.conf",
            "echo \"$HOME\"",
            "cat /etc/a; true",
            "LC_ALL=C ls",
            "command -v nginx",
            "cd /tmp",
            "! true",
            "ls 2>/dev/null",
            "ls\nls",
        ] {
            assert!(!is_plain(script), "{script}");
        }
    }
}
