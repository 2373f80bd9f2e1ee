//! Prints how the time that redaction takes grows with the text: 512 KiB should take about eight times as long as 64 KiB,
//! whatever the text. Nothing here fails by being slow.
//!
//! `cargo bench --bench redaction`

#![allow(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use lxcdiag::redact::Redactor;
use lxcdiag::runbook::{Runbook, Source, read};
use rustix::time::{ClockId, clock_gettime};

const RUNBOOK: &str = "runbook: bench
title: x
checks: [{ id: look, title: x, run: [look], pass: exit == 0 }]
";

/// What a text begins with, and what is repeated in it.
const TEXTS: &[(&str, &str)] = &[
    (
        "",
        "an ordinary line of a log, in which nothing is secret\n",
    ),
    // Names, with values that may be sentences, in quotation marks, or nowhere.
    ("{\\", "passwd: x \\"),
    ("{\\", "passwd: aA1!aA1! x \\"),
    ("{\\", "secret-x: a b \\"),
    ("{\"", "password\\\": x "),
    ("", "password=hunter2 "),
    ("", "the password: x "),
    ("", "the password: x                "),
    ("", "my_key=a "),
    ("password: [ ", "\\"),
    ("", "password: [ \\\\\\"),
    ("", "'passwd: \"x "),
    ("", "\\\"passwd: x "),
    ("", "token: |  "),
    ("", "token: |\n "),
    ("", "password\nvalue: x\0"),
    ("", "authorization:apitoken="),
    ("", "authorization: \"x "),
    ("", "Authorization: Digest x "),
    ("", "Cookie: a=b; "),
    ("", "SetCredential=a "),
    ("", "<secret>"),
    ("", "passpasspass"),
    // Private keys, whole and cut.
    ("", "-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDD\n"),
    ("", "-----BEGIN PRIVATE KEY-----"),
    ("", "AAAABBBBCCCCDDDD\n-----END PRIVATE KEY-----\n"),
    ("-----BEGIN PRIVATE KEY-----", "-"),
    // Manifests of Kubernetes.
    ("", "kind: Secret\n"),
    ("", "  kind: Secret\nx\n"),
    ("data:\n", "  a: b\nkind: Secret\n"),
    ("", "\"kind\":\"Secret\","),
    ("", "{\"kind\":\"Secret\""),
    // Shapes, found and not.
    ("", "AKIA"),
    ("", "ghp_"),
    ("", "glpat-"),
    ("", "xoxb-"),
    ("", "hooks.slack.com/services/"),
    ("", "sk-proj-"),
    ("", "sk-"),
    ("", "SG.aaaaaaaaaaaaaaaaaaaaaa."),
    ("", "eyJaaaaaa."),
    ("", "eyJaaaaaa-"),
    ("", "$y$"),
    ("", "$6$a$"),
    ("", "$argon2id$"),
    ("", "$sha1$1$"),
    ("", "root@pam!a="),
    ("", "PVEAPIToken="),
    ("", "bearer "),
    ("", "://a:"),
    // Secrets that begin or end with each other, sought everywhere.
    (NESTED, "x1x1x1x1x1x1x1x1"),
    ("TOKEN=x1x1x1x1x1x1x1x1\n", "x1"),
    // Tokens that are there already.
    ("", "[redacted:token:1]"),
    ("", "[redacted:"),
];

/// One secret, and another that begins with it many times over.
const NESTED: &str = "A_TOKEN=x1x1x1x1x1x1x1x1\nB_TOKEN=";

fn main() {
    let source = Source {
        name: "bench".to_owned(),
        text: RUNBOOK.to_owned(),
        built_in: false,
        parts: Vec::new(),
    };
    let runbook = read(&source).unwrap();
    println!("{:>8} {:>8} {:>6}", "64 KiB", "512 KiB", "ratio");
    for (begin, unit) in TEXTS {
        let text = |length: usize| match *begin {
            NESTED => format!("{begin}{}\n{0}", unit.repeat(length / unit.len() / 2)),
            _ => format!("{begin}{}", unit.repeat(length / unit.len())),
        };
        let [short, long] = [64 << 10, 512 << 10].map(|length| {
            let text = text(length);
            let times = (0..3).map(|_| time(&runbook, &text));
            times.fold(f64::INFINITY, f64::min)
        });
        let ratio = long / short;
        println!("{short:>5.1} ms {long:>5.1} ms {ratio:>6.1}  {begin:?} {unit:?} …");
    }
}

/// The processor's time for redacting a text, in milliseconds.
fn time(runbook: &Runbook, text: &str) -> f64 {
    let begun = clock();
    let mut redactor = Redactor::new(runbook);
    redactor.learn(text.as_bytes());
    black_box(redactor.redact(text.as_bytes()));
    clock() - begun
}

fn clock() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
