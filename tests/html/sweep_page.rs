//! The page of a sweep as a parser sees it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lxcdiag::report::Layout;
use lxcdiag::sweep::report::{Format, Sweep, page, render};
use sha2::{Digest as _, Sha256};

use crate::hostile::FRAGMENTS;
use crate::page::{all, attribute, difference, only, parse, text, tree};
use crate::sweeps::{health, poison};

fn linked(sweep: &Sweep) -> String {
    page(sweep, |ct| Some(format!("./page.reports/{ct}.html")))
}

fn poisoned(words: &[&str]) -> String {
    let (mut sweep, _) = health();
    let mut next = words.iter().cycle().map(|&word| word.to_owned());
    poison(&mut sweep, || next.next().unwrap());
    linked(&sweep)
}

#[test]
fn hostile_strings_do_not_change_the_elements() {
    let benign = tree(&parse(&poisoned(&["word"])));
    assert!(benign.len() > 300, "{}", benign.len());
    for fragment in FRAGMENTS {
        let hostile = poisoned(&[fragment]);
        let changed = difference(&tree(&parse(&hostile)), &benign);
        assert_eq!(changed, None, "{fragment}");
        for c in hostile.chars() {
            let shown = !c.is_control() || c == '\n' || c == '\t';
            assert!(
                shown && c != '\u{202e}' && c != '\u{200b}',
                "{fragment}: {c:?}"
            );
        }
    }
}

#[test]
fn the_policy_allows_only_the_style() {
    let page = parse(&poisoned(FRAGMENTS));
    let style: String = only(&page, "style").text().collect();
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        STANDARD.encode(Sha256::digest(style))
    );
    let policy = only(&page, "meta[http-equiv=Content-Security-Policy]");
    assert_eq!(attribute(policy, "content"), expected);
    for element in all(&page, "*") {
        for (name, value) in element.value().attrs() {
            assert!(
                !name.starts_with("on") && name != "style" && name != "src",
                "{name}"
            );
            let leads = value.starts_with('#') || value.starts_with("./page.reports/");
            assert!(name != "href" || leads, "{value}");
        }
    }
    let loading = "script, link, iframe, object, embed, img, form, base, use";
    assert_eq!(all(&page, loading).len(), 0);
}

#[test]
fn cells_have_the_observation_and_suppressed_problems() {
    let page = linked(&health().0);
    let page = parse(&page);
    let titles: Vec<_> = all(&page, "#map td.cell")
        .into_iter()
        .map(|cell| attribute(cell, "title"))
        .collect();
    for expected in [
        "Disk space: critical: 97 % of /srv/data, 0 MiB free",
        "Failed or invalid units: critical: broken.service",
        "Name servers: ok: none configured",
    ] {
        assert!(
            titles.contains(&expected),
            "{expected}\n{}",
            titles.join("\n")
        );
    }
    let waived = titles
        .iter()
        .find(|title| title.contains("waived"))
        .unwrap();
    assert!(
        waived.starts_with("Container starts in a day: warning: 4"),
        "{waived}"
    );
    assert!(
        waived.ends_with("(waived until 2026-12-24: kernel upgrades)"),
        "{waived}"
    );
    assert_eq!(text(only(&page, "#map td.cell.silent")), "~");
    let said = all(&page, "#problems .silent .later");
    assert_eq!(text(said[0]), "(waived until 2026-12-24: kernel upgrades)");
    assert_eq!(text(only(&page, "h1")), "critical: 3 of 9 containers");
    assert_eq!(
        text(only(&page, "#skipped tbody")),
        "900 base pve1 – skipped: template"
    );
    let changes = all(&page, "#changes tbody tr").into_iter().map(text);
    assert_eq!(
        changes.collect::<Vec<_>>(),
        [
            "101 web pve1 ✓ resolved: Container starts in a day: 4",
            "102 db pve1 C worse: Disk space: / 97 %",
        ]
    );
    let about = text(only(&page, "#about"));
    assert!(
        about.contains("lxcdiag sweep health --all --output page.html"),
        "{about}"
    );
}

#[test]
fn without_reports_there_are_no_links() {
    let (mut sweep, _) = health();
    sweep.changes = None;
    let page = render(&sweep, Format::Html, Layout::default());
    let page = parse(&page);
    assert_eq!(all(&page, "main a").len(), 0);
    assert_eq!(all(&page, "#changes").len(), 0);
}

#[test]
fn the_page_is_accessible() {
    let page = linked(&health().0);
    let page = parse(&page);
    let ids: BTreeSet<_> = all(&page, "[id]")
        .into_iter()
        .map(|it| attribute(it, "id"))
        .collect();
    assert_eq!(ids.len(), all(&page, "[id]").len());
    for link in all(&page, "nav a") {
        assert!(ids.contains(attribute(link, "href").trim_start_matches('#')));
    }
    for part in all(&page, "section, [role=region]") {
        assert!(ids.contains(attribute(part, "aria-labelledby")));
    }
    for head in all(&page, "th") {
        assert!(["col", "row"].contains(&attribute(head, "scope")));
    }
    for table in all(&page, "table") {
        assert_eq!(
            table.child_elements().next().unwrap().value().name(),
            "caption"
        );
    }
}

/// However much a container prints, a browser can open the page.
#[test]
fn long_texts_are_cut() {
    let most = 400_000;
    assert!(poisoned(&[&"long ".repeat(40_000)]).len() < most);
}
