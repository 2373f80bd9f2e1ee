//! What the user's terminal shows: colour, characters and links.

use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::OnceLock;

use clap::ValueEnum;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::terminal_text::{ascii, visible};

/// When to print colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// In files and pipes too
    Always,
    /// Not at all, and no links
    Never,
}

/// The options of the command line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choice {
    pub(super) colour: Colour,
    pub(super) ascii: bool,
}

static CHOICE: OnceLock<Choice> = OnceLock::new();

/// Sets the options, once, before anything is printed.
pub(super) fn choose(choice: Choice) {
    let _ = CHOICE.set(choice);
}

fn choice() -> Choice {
    CHOICE.get().copied().unwrap_or_default()
}

/// Whether stdout gets colour: by `--color`, `CLICOLOR_FORCE`, `NO_COLOR` (<https://no-color.org>), or because it is a
/// terminal, in this order.
pub(super) fn has_colour() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = || std::env::var_os("CLICOLOR_FORCE").is_some_and(|v| !v.is_empty() && v != "0");
    match choice().colour {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => forced() || (std::io::stdout().is_terminal() && !set("NO_COLOR")),
    }
}

/// Whether the terminal shows only ASCII.
pub(super) fn is_ascii() -> bool {
    choice().ascii
}

/// Text for the user, in the characters that the terminal shows.
pub(super) fn shown(text: String) -> String {
    match is_ascii() {
        true => ascii(&text),
        false => text,
    }
}

/// A link to a file (OSC 8) with its path as text, if stdout is a terminal that knows links.
pub(super) fn link(path: &Path) -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok();
    if choice().colour == Colour::Never
        || !std::io::stdout().is_terminal()
        || !knows_links(variable)
    {
        return None;
    }
    let text = shown(visible(path.to_str()?));
    let path = std::path::absolute(path).ok()?;
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy().into_owned();
    Some(osc8(&host, &path, &text))
}

/// A path in a URL keeps these.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn osc8(host: &str, path: &Path, text: &str) -> String {
    let path = percent_encode(path.as_os_str().as_bytes(), IN_PATH);
    format!("\x1b]8;;file://{host}{path}\x1b\\{text}\x1b]8;;\x1b\\")
}

/// Whether a terminal with these variables shows links: no terminal can be asked. Another one prints rubbish, so it must be
/// known.
fn knows_links(variable: impl Fn(&str) -> Option<String>) -> bool {
    const PROGRAMS: [&str; 6] = ["Hyper", "WezTerm", "ghostty", "iTerm.app", "rio", "vscode"];
    const TYPES: [&str; 6] = [
        "alacritty",
        "contour",
        "foot",
        "wezterm",
        "xterm-ghostty",
        "xterm-kitty",
    ];
    let has = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_one_of =
        |name: &str, known: &[&str]| variable(name).is_some_and(|it| known.contains(&it.as_str()));
    // https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda; VTE 0.50 and newer.
    let vte = variable("VTE_VERSION").and_then(|version| version.parse().ok());
    match variable("TERM").as_deref() {
        // A multiplexer hides what the terminal around it knows.
        None | Some("dumb" | "linux") => false,
        Some(kind) if kind.starts_with("screen") || kind.starts_with("tmux") => false,
        Some(_) => {
            vte.is_some_and(|version: u32| version >= 5000)
                || has("WT_SESSION")
                || has("DOMTERM")
                || has("KONSOLE_VERSION")
                || is_one_of("TERM_PROGRAM", &PROGRAMS)
                || is_one_of("TERM", &TYPES)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_only_where_they_are_known() {
        let knows = |variables: &[(&str, &str)]| {
            knows_links(|name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(knows(&[
            ("TERM", "xterm-256color"),
            ("VTE_VERSION", "7600")
        ]));
        assert!(knows(&[
            ("TERM", "xterm-256color"),
            ("TERM_PROGRAM", "iTerm.app")
        ]));
        assert!(knows(&[("TERM", "xterm-kitty")]));
        assert!(!knows(&[
            ("TERM", "xterm-256color"),
            ("VTE_VERSION", "4900")
        ]));
        assert!(!knows(&[("TERM", "xterm")]));
        assert!(!knows(&[("TERM", "screen"), ("VTE_VERSION", "7600")]));
        assert!(!knows(&[("VTE_VERSION", "7600")]));
    }

    #[test]
    fn the_url_has_no_character_that_ends_it() {
        assert_eq!(
            osc8("pve1", Path::new("/tmp/a b\x1b;ü.html"), "b.html"),
            "\x1b]8;;file://pve1/tmp/a%20b%1B%3B%C3%BC.html\x1b\\b.html\x1b]8;;\x1b\\"
        );
    }
}
