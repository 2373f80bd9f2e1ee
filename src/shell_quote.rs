//! Quotes words for a POSIX shell. Pure.

/// Any text as one word for a POSIX shell, quoted only if necessary.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command's words as a command line for a POSIX shell.
pub fn command_line(argv: &[String]) -> String {
    let words: Vec<_> = argv.iter().map(|word_of| word(word_of)).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed() {
        let cases = [
            (&["ls", "-l", "--", "/etc/x.d"][..], "ls -l -- /etc/x.d"),
            (&["echo", ""], "echo ''"),
            (
                &["echo", "a b", "it's", "$x", "*"],
                r"echo 'a b' 'it'\''s' '$x' '*'",
            ),
            (&["echo", "é"], "echo 'é'"),
            (&[], ""),
        ];
        for (words, line) in cases {
            let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(command_line(&words), line);
        }
    }
}
