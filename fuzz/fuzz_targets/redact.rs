//! A secret within noise must be removed.
//!
//! On a stable compiler: `RUSTC_BOOTSTRAP=1 cargo fuzz run redact -- -max_total_time=120`

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use lxcdiag::redact::Redactor;
use lxcdiag::runbook::{Runbook, Source, read};

/// A secret, its context, and the text around its line.
#[derive(Debug, Arbitrary)]
struct Input<'a> {
    before: &'a [u8],
    context: u8,
    secret: [u8; 12],
    after: &'a [u8],
}

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

fn redacted(text: &[u8]) -> Vec<u8> {
    let mut redactor = Redactor::new(&RUNBOOK);
    redactor.learn(text);
    redactor.redact(text).unwrap_or_else(|| text.to_vec())
}

fuzz_target!(|input: Input| {
    // Two kinds of characters, so that it is not an ordinary word.
    let letter = |(index, byte): (usize, &u8)| match index % 2 {
        0 => char::from(b'A' + byte % 26),
        _ => char::from(b'0' + byte % 10),
    };
    let secret: String = input.secret.iter().enumerate().map(letter).collect();
    if contains(input.before, secret.as_bytes()) || contains(input.after, secret.as_bytes()) {
        return;
    }
    let (open, close) = CONTEXTS[usize::from(input.context) % CONTEXTS.len()];
    let line = format!("\n{open}{secret}{close}\n");
    let text = [input.before, line.as_bytes(), input.after].concat();

    let once = redacted(&text);
    let whole = contains(&once, secret.as_bytes());
    assert!(
        !whole,
        "{secret} is left in {:?}",
        String::from_utf8_lossy(&once)
    );
});

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
