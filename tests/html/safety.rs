//! Nothing that a container prints becomes markup of the page.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lxcdiag::report::Report;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::hostile::{FRAGMENTS, poison};
use crate::page::{all, attribute, difference, only, parse, text, tree};
use crate::reports::{html, report};

static MASKED: LazyLock<Report> = LazyLock::new(|| report("masked-252"));

/// The page of a report with every string replaced.
fn poisoned(mut report: Report, words: &[String]) -> String {
    let mut next = words.iter().cycle();
    poison(&mut report, || next.next().unwrap().clone());
    html(&report)
}

#[test]
fn hostile_strings_do_not_change_the_elements() {
    for name in ["late-push-252", "no-sh-252"] {
        let report = report(name);
        let benign = tree(&parse(&poisoned(report.clone(), &["word".to_owned()])));
        assert!(benign.len() > 500, "{}", benign.len());
        for fragment in FRAGMENTS {
            let hostile = poisoned(report.clone(), &[(*fragment).to_owned()]);
            let changed = difference(&tree(&parse(&hostile)), &benign);
            assert_eq!(changed, None, "{name}: {fragment}");
            for c in hostile.chars() {
                let shown = !c.is_control() || c == '\n' || c == '\t';
                assert!(
                    shown && c != '\u{202e}' && c != '\u{200b}',
                    "{fragment}: {c:?}"
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_string_changes_the_elements(
        words in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![
                    proptest::sample::select(FRAGMENTS).prop_map(str::to_owned),
                    "[<>\"'/&;=`{}%#!\\[\\]a-z -]{1,12}",
                    "[^\n]{1,6}",
                ],
                1..4,
            ).prop_map(|parts| parts.concat()),
            1..7,
        )
    ) {
        let hostile = tree(&parse(&poisoned(MASKED.clone(), &words)));
        // The page shows equal reasons once: words that are equal stay equal.
        let first = |word| words.iter().position(|other| other == word);
        let plain: Vec<_> = words.iter().map(|word| format!("word{:?}", first(word))).collect();
        let benign = tree(&parse(&poisoned(MASKED.clone(), &plain)));
        prop_assert_eq!(difference(&hostile, &benign), None);
    }
}

#[test]
fn hostile_text_is_readable() {
    let words: Vec<_> = FRAGMENTS.iter().map(|&word| word.to_owned()).collect();
    let page = poisoned(report("late-push-252"), &words);
    let page = parse(&page);
    let outputs: String = all(&page, "pre")
        .into_iter()
        .flat_map(|pre| pre.text())
        .collect();
    for expected in [
        "<script>pwned()</script>",
        "</details></section></main><h1>All is well</h1>",
        "{{ 7 * 7 }}{% raw %}",
        "&lt;script&gt;&#60;",
        r"\x00\x01\x08\x1b[2J\x1b]8;;http://127.0.0.1/\x07\x7f\x9b31m",
        r"\u{202e}moc.live\u{202c}\u{2066}\u{2069}\u{200b}\u{200d}\u{feff}\u{ad}\u{2028}\u{2029}",
        r"\r\rovertyped",
    ] {
        assert!(outputs.contains(expected), "{expected}");
    }
}

/// Line breaks and tabs of an output are harmless.
#[test]
fn an_output_keeps_its_lines_and_tabs() {
    let page = poisoned(report("late-push-252"), &["word".to_owned()]);
    let page = parse(&page);
    let pres = all(&page, ".output pre");
    let output: String = pres[3].text().collect();
    assert_eq!(output, "\nword\n\tword\n");
}

#[test]
fn the_policy_allows_only_the_page_itself() {
    let page = parse(&poisoned(report("late-push-252"), &[FRAGMENTS.concat()]));
    let policy = attribute(
        only(&page, "meta[http-equiv=Content-Security-Policy]"),
        "content",
    );
    let hash = |selector: &str| {
        let text: String = only(&page, selector).text().collect();
        format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
    };
    let expected = format!(
        "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
        hash("style"),
        hash("script")
    );
    assert_eq!(policy, expected);
    for element in all(&page, "*") {
        for (name, value) in element.value().attrs() {
            assert!(
                !name.starts_with("on") && name != "style" && name != "src",
                "{name}"
            );
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }
    assert_eq!(
        all(&page, "link, iframe, object, embed, img, form, base, use").len(),
        0
    );
}

/// However much a container prints, a browser can open the page quickly.
#[test]
fn long_texts_are_cut_with_a_note() {
    const KIB: usize = 1024;
    let mut report = report("late-push-252");
    let times = report.timeline.clone();
    poison(&mut report, || "long ".repeat(40_000));
    // The times are lxcdiag's own.
    for (event, own) in report.timeline.iter_mut().zip(times) {
        (event.at, event.until) = (own.at, own.until);
    }
    let text_of = html(&report);
    // Of command, output and errors each, 64 KiB are shown.
    let most = report.checks.len() * 3 * 64 * KIB + 600 * KIB;
    assert!(text_of.len() < most, "{} of {most}", text_of.len());
    let page = parse(&text_of);
    let notice = text(all(&page, ".output .notice")[3]);
    assert_eq!(
        notice,
        "334,468 bytes omitted; the recording has those that were kept."
    );
}
