//! The page on a phone and on a large screen, light and dark.

use crate::reports::{html, report};
use crate::tab::{DESK, PHONE, Tab};

const INCIDENTS: &[&str] = &[
    "late-push-252",
    "directory-push-252",
    "healthy-252",
    "no-sh-252",
];

/// The visible elements that overflow the page.
pub const BEYOND: &str = "[...document.body.querySelectorAll('*')]
    .filter((element) => element.checkVisibility())
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5;
    })
    .map((element) => `${element.tagName}.${element.className.baseVal ?? element.className}`)";

/// The parts of the page that must be visible and have no size.
const FLAT: &str = "[...document.querySelectorAll(
      'h1, h2, #checks-table tbody tr, #checks-table tbody th, details, .event .mark, .event text')]
    .filter((element) => !element.closest('svg') || element.closest('svg').checkVisibility())
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width === 0 || box.height === 0;
    })
    .map((element) => element.outerHTML)";

#[test]
fn nothing_overflows_the_page() {
    let mut tab = Tab::blank();
    for name in INCIDENTS {
        let report = report(name);
        tab.load(&html(&report));
        for (screen, word, picture) in [(PHONE, "phone", "narrow"), (DESK, "desk", "wide")] {
            tab.resize(screen);
            for scheme in ["light", "dark"] {
                tab.media("screen", scheme);
                tab.picture(&format!("{name}-{word}-{scheme}"));
            }
            for open in [false, true] {
                let unfold = format!(
                    "for (const d of document.querySelectorAll('details')) d.open = {open}"
                );
                tab.value(&unfold);
                assert_eq!(tab.strings(BEYOND), [""; 0], "{name} {word}");
                assert_eq!(tab.strings(FLAT), [""; 0], "{name} {word}");
                assert_eq!(tab.value("document.documentElement.scrollWidth"), screen.0);
            }
            tab.value("for (const d of document.querySelectorAll('details')) d.open = false");
            let shown =
                "[...document.querySelectorAll('svg')].filter((svg) => svg.checkVisibility())";
            let shown = tab.strings(&format!("{shown}.map((svg) => svg.classList.value)"));
            assert_eq!(shown, [picture], "{name}");
            let marks = tab.value("document.querySelectorAll('svg.wide .event .mark').length");
            assert_eq!(marks, report.timeline.len());
        }
        assert_eq!(tab.mishaps(), [""; 0], "{name}");
    }
}

/// On a phone, a row is a card: each cell is below the one before, with the name of its column.
#[test]
fn rows_are_cards_on_a_phone() {
    let mut tab = Tab::new(&html(&report("late-push-252")));
    let beside = "[...document.querySelectorAll('#checks-table tbody tr')].flatMap((row) => {
        const cells = [...row.cells].filter((cell) => cell.checkVisibility());
        return cells.slice(1).filter((cell, index) =>
          cell.getBoundingClientRect().top < cells[index].getBoundingClientRect().bottom
          || !getComputedStyle(cell, '::before').content.includes(cell.dataset.label));
      }).map((cell) => cell.outerHTML)";
    tab.resize(PHONE);
    assert_eq!(tab.strings(beside), [""; 0]);
    tab.resize(DESK);
    assert!(!tab.strings(beside).is_empty());
}

/// The contrast of text according to WCAG 2, and its minimum for normal text.
#[test]
fn contrast_is_sufficient_in_light_and_dark() {
    let mut tab = Tab::blank();
    for name in INCIDENTS {
        tab.load(&html(&report(name)));
        tab.value("for (const d of document.querySelectorAll('details')) d.open = true");
        for scheme in ["light", "dark"] {
            tab.media("screen", scheme);
            let faint = tab.strings(include_str!("contrast.js"));
            assert_eq!(faint, [""; 0], "{name} {scheme}");
            let page = tab.value("getComputedStyle(document.body).backgroundColor");
            let expected = if scheme == "dark" {
                "rgb(21, 24, 28)"
            } else {
                "rgb(255, 255, 255)"
            };
            assert_eq!(page, expected);
        }
    }
}

/// A line of a megabyte is cut and wrapped.
#[test]
fn a_line_of_a_megabyte_does_not_overflow() {
    let mut report = report("late-push-252");
    report.checks[4].stdout = "x".repeat(1 << 20);
    report.checks[4].stdout_bytes = 1 << 20;
    report.checks[4].observed = "y".repeat(1 << 20);
    let mut tab = Tab::new(&html(&report));
    tab.value("document.querySelectorAll('details.output')[4].open = true");
    for screen in [PHONE, DESK] {
        tab.resize(screen);
        assert_eq!(tab.strings(BEYOND), [""; 0]);
        assert_eq!(tab.value("document.documentElement.scrollWidth"), screen.0);
    }
    let note = tab
        .value("document.querySelectorAll('details.output')[4].querySelector('.notice').innerText");
    assert_eq!(
        note,
        "983,040 bytes omitted; the recording has those that were kept."
    );
}
