//! Commands that can take longer than the default timeout.

use crate::runbook::error::Finding;
use crate::runbook::model::{Action, DEFAULT_TIMEOUT, Runbook};
use crate::runbook::path::Path;
use crate::runbook::validate::commands_of_script;

/// When a program can take long.
enum Rule {
    Always,
    /// With one of these arguments.
    With(&'static [&'static str]),
    /// Unless it has one of these arguments.
    Unless(&'static [&'static str]),
    /// With one of these verbs, unless it has one of these arguments.
    Verb(&'static [&'static str], &'static [&'static str]),
}

#[rustfmt::skip]
const PROGRAMS: &[(&[&str], Rule)] = &[
    (&["find"], Rule::Unless(&["-maxdepth", "-quit"])),
    (&["du", "rsync", "tar", "dd", "debsums", "updatedb", "badblocks", "fsck", "e2fsck", "xfs_repair"], Rule::Always),
    (&["traceroute", "mtr", "tcpdump", "watch", "speedtest", "iperf3"], Rule::Always),
    (&["grep", "ls"], Rule::With(&["-r", "-R", "--recursive"])),
    (&["tail", "journalctl"], Rule::With(&["-f", "-F", "--follow"])),
    (&["dpkg", "rpm"], Rule::With(&["-V", "-Va", "--verify"])),
    (&["ping", "ping6"], Rule::Unless(&["-c", "-w", "-c1", "-w1"])),
    (&["curl"], Rule::Unless(&["-m", "--max-time"])),
    (&["wget"], Rule::Unless(&["-T", "--timeout"])),
    (&["apt", "apt-get", "dnf", "yum", "apk", "zypper"], Rule::Verb(&["update", "upgrade", "install", "add", "refresh", "makecache"], &[])),
    (&["pip", "pip3", "npm"], Rule::Verb(&["install", "ci"], &[])),
    (&["docker", "podman"], Rule::Verb(&["pull", "build", "logs"], &["--tail", "-n"])),
    (&["systemctl"], Rule::Verb(&["start", "stop", "restart", "try-restart", "reload"], &["--no-block"])),
];

/// Programs that run the command in their arguments.
const WRAPPERS: &[&str] = &["env", "nice", "ionice", "sudo", "nohup", "stdbuf"];

pub(super) fn findings(runbook: &Runbook) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, check) in runbook.checks.iter().enumerate() {
        if check.timeout.is_some() {
            continue;
        }
        let (key, commands) = match check.action() {
            Some(Action::Run(words)) => ("run", vec![words.to_vec()]),
            Some(Action::Shell(script)) => ("shell", commands_of_script(script)),
            _ => continue,
        };
        if let Some(program) = commands.iter().find_map(|words| long(words)) {
            findings.push(Finding {
                path: Path::default().key("checks").index(index).key(key),
                message: format!(
                    "`{program}` can take longer than the default timeout of {DEFAULT_TIMEOUT} s\nhint: add a timeout to the check, such as `timeout: 60s`"
                ),
            });
        }
    }
    findings
}

/// The program of a command that can take long.
fn long(words: &[String]) -> Option<&str> {
    let words = match words
        .iter()
        .position(|word| !WRAPPERS.contains(&base(word)))
    {
        Some(at) => words.get(at..)?,
        None => return None,
    };
    let (program, arguments) = words.split_first()?;
    let program = base(program);
    let has = |wanted: &[&str]| {
        let mut arguments = arguments
            .iter()
            .map(|word| word.split('=').next().unwrap_or_default());
        arguments.any(|word| wanted.contains(&word))
    };
    if program == "sleep" {
        let seconds: f64 = arguments.first()?.parse().ok()?;
        return (seconds >= DEFAULT_TIMEOUT).then_some(program);
    }
    let (_, rule) = PROGRAMS
        .iter()
        .find(|(names, _)| names.contains(&program))?;
    let is_long = match rule {
        Rule::Always => true,
        Rule::With(wanted) => has(wanted),
        Rule::Unless(limits) => !has(limits),
        Rule::Verb(verbs, limits) => {
            let verb = arguments.iter().find(|word| !word.starts_with('-'));
            !has(limits) && verb.is_some_and(|verb| verbs.contains(&verb.as_str()))
        }
    };
    is_long.then_some(program)
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::long;

    #[test]
    fn commands_that_can_take_long() {
        let found = |command: &str| {
            let words: Vec<_> = command.split(' ').map(str::to_owned).collect();
            long(&words).map(str::to_owned)
        };
        for (command, program) in [
            ("find / -name core", Some("find")),
            ("find /etc -maxdepth 2 -name core", None),
            ("/usr/bin/du -x /var", Some("du")),
            ("nice du /var", Some("du")),
            ("timeout 5 du /var", None),
            ("grep -r error /var/log", Some("grep")),
            ("grep error /var/log/syslog", None),
            ("ping 192.0.2.1", Some("ping")),
            ("ping -c 1 192.0.2.1", None),
            ("curl https://example.com", Some("curl")),
            ("curl --max-time=5 https://example.com", None),
            ("systemctl restart nginx", Some("systemctl")),
            ("systemctl --no-block restart nginx", None),
            ("systemctl is-active nginx", None),
            ("sleep 30", Some("sleep")),
            ("sleep 1", None),
            ("journalctl -n 50", None),
        ] {
            assert_eq!(found(command).as_deref(), program, "{command}");
        }
    }
}
