//! What a call of `pct` or `lxc-attach` is about, from its arguments. Pure.

use crate::evidence::container_id::ContainerId;

/// The programs that are traced.
pub(super) const PROGRAMS: [&str; 2] = [PCT, "lxc-attach"];
const PCT: &str = "pct";

/// Shells that are interactive if they have no arguments.
const SHELLS: [&str; 6] = ["bash", "sh", "dash", "ash", "zsh", "login"];

/// Options of `lxc-attach` with a value in the next word.
const ATTACH_VALUES: [&str; 20] = [
    "-n",
    "--name",
    "-P",
    "--lxcpath",
    "-o",
    "--logfile",
    "-l",
    "--logpriority",
    "-a",
    "--arch",
    "-e",
    "-s",
    "--namespaces",
    "-f",
    "--rcfile",
    "-u",
    "--uid",
    "-g",
    "--gid",
    "-c",
];

/// What a call is about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    /// The container.
    pub(super) ct: Option<ContainerId>,
    /// The source and the destination, if it is a push.
    pub(super) push: Option<(String, String)>,
    /// Whether it is a session at a terminal.
    pub(super) interactive: bool,
}

/// The meaning of a call.
pub(super) fn meaning(program: &str, arguments: &[String]) -> Meaning {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match program {
        PCT => meaning_of_pct(&words),
        _ => meaning_of_attach(&words),
    }
}

fn meaning_of_pct(words: &[&str]) -> Meaning {
    let Some((verb, rest)) = words.split_first() else {
        return Meaning::default();
    };
    let (options, command) = split_at_command(rest);
    // Options of `pct exec` are before the command, those of `pct push` anywhere.
    let positional = match *verb {
        "exec" => without_options(options, |_| true),
        _ => without_options(rest, |_| true),
    };
    let parameter = |index: usize| positional.get(index).copied();
    let command: Vec<&str> = match (*verb, command) {
        ("exec", Some(command)) => command.to_vec(),
        ("exec", None) => positional.iter().skip(1).copied().collect(),
        _ => Vec::new(),
    };
    Meaning {
        ct: parameter(0).and_then(|id| id.parse().ok()),
        push: parameter(1)
            .zip(parameter(2))
            .filter(|_| *verb == "push")
            .map(|(source, destination)| (source.to_owned(), destination.to_owned())),
        interactive: matches!(*verb, "enter" | "console")
            || (*verb == "exec" && is_bare_shell(&command)),
    }
}

fn meaning_of_attach(words: &[&str]) -> Meaning {
    let (options, command) = split_at_command(words);
    let named = options.iter().enumerate().find_map(|(at, word)| {
        let next = || options.get(at + 1).copied();
        match *word {
            "-n" | "--name" => next(),
            _ => word
                .strip_prefix("--name=")
                .or_else(|| word.strip_prefix("-n").filter(|_| !word.starts_with("--"))),
        }
    });
    let positional = without_options(options, |option| ATTACH_VALUES.contains(&option));
    let command = command.map_or(positional, <[&str]>::to_vec);
    Meaning {
        ct: named.and_then(|name| name.parse().ok()),
        push: None,
        interactive: command.is_empty() || is_bare_shell(&command),
    }
}

/// The words before `--`, and those after it.
fn split_at_command<'a, 'b>(words: &'a [&'b str]) -> (&'a [&'b str], Option<&'a [&'b str]>) {
    match words.iter().position(|word| *word == "--") {
        Some(at) => (words.get(..at).unwrap_or_default(), words.get(at + 1..)),
        None => (words, None),
    }
}

/// The words that are neither options nor their values.
fn without_options<'a>(words: &[&'a str], has_value: impl Fn(&str) -> bool) -> Vec<&'a str> {
    let mut positional = Vec::new();
    let mut is_value = false;
    for word in words {
        if std::mem::take(&mut is_value) {
            continue;
        }
        match word.starts_with('-') && *word != "-" {
            true => is_value = !word.contains('=') && has_value(word),
            false => positional.push(*word),
        }
    }
    positional
}

fn is_bare_shell(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else {
        return false;
    };
    let name = program.rsplit('/').next().unwrap_or_default();
    SHELLS.contains(&name)
        && arguments
            .iter()
            .all(|word| matches!(*word, "-i" | "-l" | "--login"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    fn of(line: &str) -> Meaning {
        let mut words = line.split(' ').map(str::to_owned);
        let program = words.next().unwrap();
        meaning(&program, &words.collect::<Vec<_>>())
    }

    #[test]
    fn the_container_is_found_in_every_form() {
        for line in [
            "pct exec 958 -- systemctl enable 3000",
            "pct exec 958 systemctl daemon-reload",
            "pct exec --keep-env 0 958 -- true",
            "pct exec --keep-env=0 958 -- true",
            "pct start 958",
            "pct push 958 a /b --perms 644",
            "lxc-attach -n 958 -- systemctl enable 3000",
            "lxc-attach -n958 -- true",
            "lxc-attach --name=958 -- true",
            "lxc-attach --clear-env --name 958 -- true",
        ] {
            assert_eq!(of(line).ct, Some(ct(958)), "{line}");
        }
        for line in [
            "pct list",
            "pct",
            "lxc-attach -n web -- true",
            "pct exec x -- true",
        ] {
            assert_eq!(of(line).ct, None, "{line}");
        }
    }

    #[test]
    fn a_push_has_a_source_and_a_destination_wherever_its_options_are() {
        for line in [
            "pct push 958 unit /etc/unit",
            "pct push 958 unit /etc/unit --perms 644 --user root",
            "pct push 958 --perms=644 unit -user root /etc/unit",
        ] {
            let push = ("unit".to_owned(), "/etc/unit".to_owned());
            assert_eq!(of(line).push, Some(push), "{line}");
        }
        for line in ["pct push 958 unit", "pct pull 958 /etc/unit unit"] {
            assert_eq!(of(line).push, None, "{line}");
        }
    }

    #[test]
    fn only_sessions_at_a_terminal_are_interactive() {
        for line in [
            "pct enter 958",
            "pct console 958",
            "pct exec 958 -- bash",
            "pct exec 958 -- /bin/bash -l",
            "lxc-attach -n 958",
            "lxc-attach -n 958 -- sh",
        ] {
            assert!(of(line).interactive, "{line}");
        }
        for line in [
            "pct exec 958 -- bash -c true",
            "pct exec 958 -- systemctl status",
            "pct push 958 bash /bin/bash",
            "lxc-attach -n 958 -- bash -c true",
            "pct",
        ] {
            assert!(!of(line).interactive, "{line}");
        }
    }
}
