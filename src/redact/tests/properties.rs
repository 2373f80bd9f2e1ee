//! Properties of every text.

use proptest::prelude::*;

use super::super::Redactor;
use super::shapes::examples;
use super::{redacted, with_patterns};

/// Contexts in which a value is secret: the text before and after it.
const CONTEXTS: &[(&str, &str)] = &[
    ("Environment=DB_PASSWORD=", ""),
    ("Environment=\"A_TOKEN=", "\" B=c"),
    ("--password ", ""),
    ("serve --api-key=", " --verbose"),
    ("{\"secret\":\"", "\"}"),
    ("{\"MESSAGE\":\"{\\\"token\\\":\\\"", "\\\"}\"}"),
    ("  password: ", ""),
    ("passphrase = '", "'"),
    ("https://user:", "@host/"),
    ("SetCredential=id:", ""),
    ("Authorization: Bearer ", ""),
    ("Cookie: session=", "; a=b"),
];

/// Text that contains what the rules look for, in random order.
fn noise() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("\n".to_owned()),
        Just(" ".to_owned()),
        Just("\\n".to_owned()),
        Just("\\\"".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("{\"a\":".to_owned()),
        Just("password".to_owned()),
        Just("TOKEN=".to_owned()),
        Just("secret: ".to_owned()),
        Just("--token ".to_owned()),
        Just("://".to_owned()),
        Just("@".to_owned()),
        Just("-----BEGIN ".to_owned()),
        Just("PRIVATE KEY-----".to_owned()),
        Just("-----END ".to_owned()),
        Just("[redacted:token:1]".to_owned()),
        Just("[redacted:".to_owned()),
        Just("eyJ".to_owned()),
        "[a-z0-9:=.,/_|%-]{1,8}",
        "\\PC{1,4}",
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_secret_beside_a_name_is_removed(
        before in noise(),
        after in noise(),
        context in prop::sample::select(CONTEXTS),
        secret in "[a-z]{3}[0-9]{3}[A-Za-z0-9+_.-]{0,12}[a-z0-9]",
    ) {
        let (open, close) = context;
        let text = format!("{before}\n{open}{secret}{close}\n{after}\nand {secret} alone");
        prop_assert!(!redacted(&text).contains(&secret), "{}", redacted(&text));
    }

    #[test]
    fn a_secret_with_a_known_shape_is_removed(
        before in noise(),
        after in noise(),
        example in prop::sample::select(examples()),
    ) {
        let (_, secret) = example;
        let text = format!("{before} {secret} {after}");
        prop_assert!(!redacted(&text).contains(&secret), "{}", redacted(&text));
    }

    /// Only for lines as programs print them: if words touch tokens, anything can be a name.
    #[test]
    fn redacting_again_changes_nothing(
        lines in prop::collection::vec(
            ("[a-z]{0,8}", prop::sample::select(CONTEXTS), "[a-z]{2,4}[A-Z0-9]{1,12}", "[a-z:=]{0,8}"),
            0..8,
        ),
    ) {
        let lines = lines.iter().map(|(before, (open, close), secret, after)| {
            format!("{before} {open}{secret}{close} {after}\nand {secret} alone\n")
        });
        let once = redacted(&lines.collect::<String>());
        prop_assert_eq!(redacted(&once), once);
    }

    #[test]
    fn bytes_that_are_not_text_do_not_change(
        before in prop::collection::vec(any::<u8>(), 0..64),
        after in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut redactor = Redactor::new(&with_patterns(""));
        let bytes = [&before[..], b"\nDB_PASSWORD=hunter2/x\n", &after[..]].concat();
        let redacted = redactor.redact(&bytes).unwrap();
        // Arbitrary bytes are almost never a secret: the bytes around the secret do not change.
        if !before.contains(&b'=') && !before.contains(&b':') {
            prop_assert!(redacted.starts_with(&before));
        }
        prop_assert!(!redacted.windows(9).any(|part| part == b"hunter2/x"));
    }

    #[test]
    fn only_what_a_token_replaces_is_removed(text in noise()) {
        let text = text.replace("[redacted:", "");
        let redacted = redacted(&text);
        let mut rest = text.as_str();
        for kept in regex::Regex::new(r"\[redacted:[a-z-]+:\d+\]").unwrap().split(&redacted) {
            let at = rest.find(kept);
            prop_assert!(at.is_some(), "{kept:?} is not of {text:?}");
            rest = &rest[at.unwrap() + kept.len()..];
        }
    }
}
