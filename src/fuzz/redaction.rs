//! A secret within noise must be removed.

use std::sync::LazyLock;

use crate::redact::Redactor;
use crate::runbook::{Runbook, Source, read};

/// The text before and after a secret.
const CONTEXTS: &[(&str, &str)] = &[
    ("Environment=DB_PASSWORD=", " MODE=fast"),
    ("Environment=\"A_TOKEN=", "\" B=c"),
    ("serve --password ", " -v"),
    ("serve --api-key=", " -v"),
    ("{\"secret\":\"", "\"}"),
    ("{\"MESSAGE\":\"{\\\"token\\\":\\\"", "\\\"}\"}"),
    ("  password: ", ""),
    ("https://user:", "@host/"),
    ("SetCredential=id:", ""),
    ("Authorization: Bearer ", ""),
    ("Cookie: session=", "; a=b"),
    ("the token ghp_0123456789abcdefghijABCDEF", " is one"),
    ("AKIA0123", ""),
];

static RUNBOOK: LazyLock<Runbook> = LazyLock::new(|| {
    let text = "runbook: fuzz
title: x
checks: [{ id: look, title: x, run: [look], pass: exit == 0 }]
";
    let source = Source {
        name: "fuzz".to_owned(),
        text: text.to_owned(),
        built_in: false,
        parts: Vec::new(),
    };
    read(&source).expect("a good runbook")
});

/// A secret in one of the contexts, on a line between two other texts: the first byte selects the context, the next twelve
/// make the secret, and 0xff separates the texts.
pub fn redaction(bytes: &[u8]) {
    let Some((&[context, ref secret @ ..], noise)) = bytes.split_first_chunk::<13>() else {
        return;
    };
    let (before, after) = match noise.iter().position(|byte| *byte == 0xff) {
        Some(at) => (&noise[..at], &noise[at + 1..]),
        None => (noise, &[][..]),
    };
    // Two kinds of characters, so that it is not an ordinary word.
    let letter = |(index, byte): (usize, &u8)| match index % 2 {
        0 => char::from(b'A' + byte % 26),
        _ => char::from(b'0' + byte % 10),
    };
    let secret: String = secret.iter().enumerate().map(letter).collect();
    if contains(before, secret.as_bytes()) || contains(after, secret.as_bytes()) {
        return;
    }
    let (open, close) = CONTEXTS[usize::from(context) % CONTEXTS.len()];
    let line = format!("\n{open}{secret}{close}\n");
    let text = [before, line.as_bytes(), after].concat();

    let once = redacted(&text);
    assert!(
        !contains(&once, secret.as_bytes()),
        "{secret} is left in {:?}",
        String::from_utf8_lossy(&once)
    );
}

fn redacted(text: &[u8]) -> Vec<u8> {
    let mut redactor = Redactor::new(&RUNBOOK);
    redactor.learn(text);
    redactor.redact(text).unwrap_or_else(|| text.to_vec())
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
