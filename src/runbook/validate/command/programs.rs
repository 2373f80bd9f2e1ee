//! Programs that are known to change things, as tables.
//!
//! Names and arguments are lists of words; a `*` at the start or end of a word matches anything. A program
//! that is in no table is assumed to only read.

use Operands::{After, All, AllButFirst, IfAny, Last};
use Rule::{Always, Unless, Verb, With, WithOperand, Writes};

/// When a program changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Always,
    /// If it has an operand.
    WithOperand,
    /// If it has one of these arguments.
    With(&'static str),
    /// Unless it has one of these arguments.
    Unless(&'static str),
    /// Unless its verb is one of [`READING_VERBS`], or it has one of these arguments.
    Verb(&'static str),
    /// If these operands are not temporary files.
    Writes(Operands),
}

/// Programs that can change something.
#[rustfmt::skip]
pub(super) const RULES: &[(&str, Rule)] = &[
    ("reboot poweroff halt shutdown telinit umount swapoff ifup ifdown", Always),
    ("update-rc.d systemd-run systemd-sysusers", Always),
    ("adduser addgroup deluser delgroup useradd userdel usermod groupadd groupdel groupmod", Always),
    ("chfn chpasswd chsh gpasswd newusers vigr vipw visudo", Always),
    ("chage", Unless("-l --list")),
    ("chkconfig", Unless("--list")),
    ("crontab", Unless("-l")),
    ("kill killall killall5 pkill", Unless("-0 -l -L --list")),
    ("pacman", Unless("-Q* -Fl* -Fs* -Si* -Sg* -Sl* -Ss* -T* -V* --query")),
    ("passwd", Unless("-S --status")),
    ("service rc-service invoke-rc.d", Unless("status --status-all")),
    ("swapon", Unless("-s --show* --summary")),
    ("systemd-tmpfiles", Unless("--cat-config")),
    ("mkdir mkfifo mknod mv rm rmdir shred touch truncate unlink", Writes(All)),
    ("chattr chgrp chmod chown setfacl", Writes(AllButFirst)),
    ("cp install ln rsync", Writes(Last)),
    ("dd", Writes(After("of="))),
    ("tee", Writes(IfAny)),
    ("busctl", With("set-property")),
    ("date", With("-s* --set*")),
    ("dmesg", With("-c* -C* -D* -E* -n* --clear --read-clear --console-*")),
    ("dpkg", With("-i* -r* -P* --install --unpack --configure --remove --purge")),
    ("dpkg", With("--set-selections --clear-selections *-architecture")),
    ("find", With("-delete -fprint* -fls")),
    ("ifconfig", With("up down add del")),
    ("ip", With("add append change del delete flush prepend replace restore set")),
    ("iptables ip6tables", With("-A* -D* -F* -I* -N* -P* -R* -X* -Z*")),
    ("iptables ip6tables", With("--append --delete --flush --insert --policy --replace")),
    ("journalctl", With("--rotate --vacuum-* --flush --sync *relinquish-var")),
    ("journalctl", With("--setup-keys --update-catalog --cursor-file*")),
    ("mount", With("-a* --all")),
    ("route", With("add del")),
    ("rpm", With("-i* -U* -F* -e* --install --upgrade --freshen --erase --import")),
    ("sed", With("-i* -ni* -Ei* -ri* -si* -zi* --in-place*")),
    ("sysctl", With("-w* -p* --write --load* --system *=*")),
    ("systemctl loginctl hostnamectl timedatectl localectl", Verb("")),
    ("machinectl networkctl resolvectl", Verb("")),
    ("apt apt-get aptitude", Verb("-s --simulate --just-print --dry-run --no-act --recon")),
    ("apk apt-mark dnf microdnf snap yum zypper", Verb("")),
    ("nft ufw", Verb("")),
    ("pip pip3", Verb("freeze")),
    ("hostname init mount", WithOperand),
];

/// Verbs that only read.
pub(super) const READING_VERBS: &str = "
    audit cat changelog check check-update depends dot get-* help info inspect is-* list
    list-* lldp policy provides query rdepends repolist repoquery search show show-* showhold
    showauto showmanual statistics status *-status version whoami";

/// Options before an operand or verb that have their value in the next word.
pub(super) const OPTIONS_WITH_VALUE: &str = "
    -C -H -M -P -c -n -o -p -t --capsule --host --job-mode --kill-whom --kill-value --lines
    --machine --output --property --root --signal --state --type --what";

/// Operands of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operands {
    All,
    AllButFirst,
    Last,
    /// Those that start with this text, without it.
    After(&'static str),
    /// All. Without operands, the program writes nothing.
    IfAny,
}

/// Files that do not store anything.
pub(super) const HARMLESS_FILES: &str = "
    /dev/fd/* /dev/null /dev/stderr /dev/stdout /dev/tcp/* /dev/tty /dev/udp/* /proc/self/fd/*";

/// Programs that run the command in their arguments; their options that have a value in the next word; and
/// the number of operands before the command.
#[rustfmt::skip]
pub(super) const WRAPPERS: &[(&str, &str, usize)] = &[
    ("builtin busybox command nohup setsid toybox", "", 0),
    ("chroot flock timeout", "-k -s -w -E --kill-after --signal", 1),
    ("env", "-u -C --unset --chdir", 0),
    ("exec", "-a", 0),
    ("ionice nice", "-c -n -p --class --adjustment", 0),
    ("stdbuf", "-i -o -e", 0),
    ("doas sudo", "-C -D -g -h -p -R -r -T -t -U -u --user --group", 0),
    ("time", "-f -o", 0),
    ("xargs", "-a -d -E -I -L -n -P -s", 0),
];

/// Programs whose argument after `-c` is a shell script.
const SHELLS: &str = "ash bash busybox dash ksh runuser sh su zsh";

/// Whether a word is in a list.
pub(super) fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|pattern| {
        let part = pattern.trim_matches('*');
        match (pattern.starts_with('*'), pattern.ends_with('*')) {
            (false, false) => word == part,
            (false, true) => word.starts_with(part),
            (true, false) => word.ends_with(part),
            (true, true) => word.contains(part) && !word.starts_with('-'),
        }
    })
}

/// The name of a program without its directory.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or_default()
}

/// The word of a command that is a script for a shell.
pub(super) fn script_in(words: &[String]) -> Option<usize> {
    let is_c = |word: &str| {
        word.strip_prefix('-').is_some_and(|flags| {
            flags.contains('c') && flags.chars().all(|c| c.is_ascii_alphabetic())
        })
    };
    let shell = words
        .iter()
        .position(|word| is_in(SHELLS, base_name(word)))?;
    let mut after = words.iter().enumerate().skip(shell + 1);
    after.find(|(_, word)| is_c(word))?;
    after.next().map(|(index, _)| index)
}
