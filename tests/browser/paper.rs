//! The page on paper: everything unfolded, no controls, nothing cut off.

use crate::reports::{html, report};
use crate::tab::Tab;

/// A4 without its margins, at 96 pixels an inch.
pub const SHEET: (u32, u32) = (688, 1002);

#[test]
fn a_printout_is_complete_and_has_no_controls() {
    let report = report("late-push-252");
    let mut tab = Tab::new(&html(&report));
    tab.value(
        "const text = document.getElementById('filter-text');
         text.value = 'no check says this';
         text.dispatchEvent(new Event('input'))",
    );
    tab.resize(SHEET);
    tab.media("print", "dark");
    let hidden = tab.strings(
        "[...document.querySelectorAll('pre, .evidence li, ol.events li, #checks-table tbody tr')]
           .filter((element) => !element.checkVisibility() || element.getBoundingClientRect().height === 0)
           .map((element) => element.outerHTML)",
    );
    assert_eq!(hidden, [""; 0]);
    let controls = tab.strings(
        "[...document.querySelectorAll('nav, input, select')]
           .filter((element) => element.checkVisibility())
           .map((element) => element.outerHTML)",
    );
    assert_eq!(controls, [""; 0]);
    let cut_off = tab.strings(
        "[...document.querySelectorAll('main *')]
           .filter((element) => element.checkVisibility())
           .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5
             || (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display === 'block'))
           .map((element) => element.outerHTML)",
    );
    assert_eq!(cut_off, [""; 0]);
    // Dark text on white, even if the screen was dark.
    assert_eq!(
        tab.value("getComputedStyle(document.body).color"),
        "rgb(28, 32, 36)"
    );
    assert_eq!(tab.strings(include_str!("contrast.js")), [""; 0]);

    tab.media("", "light");
    let paper = tab.paper("late-push-252");
    assert!(paper.starts_with(b"%PDF-"));
    assert_eq!(
        tab.value("document.querySelectorAll('details[open]').length"),
        0
    );
    assert_eq!(tab.mishaps(), [""; 0]);
}
