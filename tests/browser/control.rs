//! Sorting and filtering the table of checks, by pointer and by keyboard; and the page without the script.

use serde_json::json;

use crate::reports::{html, report};
use crate::tab::Tab;

const INCIDENT: &str = "late-push-252";

/// The visible cells of a column, from top to bottom.
fn column(tab: &mut Tab, number: usize) -> Vec<String> {
    tab.strings(&format!(
        "[...document.querySelectorAll('#checks-table tbody tr')]
           .filter((row) => row.checkVisibility())
           .map((row) => row.cells[{number}].innerText.trim())"
    ))
}

fn click(tab: &mut Tab, number: usize) -> String {
    let header = format!("document.querySelectorAll('#checks-table thead th')[{number}]");
    tab.value(&format!("{header}.querySelector('button').click()"));
    let order = tab.value(&format!("{header}.getAttribute('aria-sort')"));
    order.as_str().unwrap().to_owned()
}

#[test]
fn a_column_is_sorted_both_ways_and_back() {
    let report = report(INCIDENT);
    let mut tab = Tab::new(&html(&report));
    let as_run = column(&mut tab, 1);
    assert_eq!(as_run.len(), report.checks.len());

    // Names are in alphabetical order; checks without a step come last in both directions.
    assert_eq!(click(&mut tab, 0), "ascending");
    let steps = column(&mut tab, 0);
    assert_eq!(
        steps[..7],
        ["2.1", "2.1", "2.2", "2.3", "2.3", "2.4", "2.4"]
    );
    assert_eq!(click(&mut tab, 0), "descending");
    assert_eq!(column(&mut tab, 0)[..3], ["2.4", "2.4", "2.3"]);
    assert_eq!(click(&mut tab, 0), "none");
    assert_eq!(column(&mut tab, 1), as_run);

    // By duration, not by text: microseconds before milliseconds, and 6 ms before 16 ms.
    assert_eq!(click(&mut tab, 5), "ascending");
    let sorted = column(&mut tab, 5);
    let mut expected: Vec<_> = report
        .checks
        .iter()
        .filter_map(|row| row.duration_ms)
        .collect();
    expected.sort_by(f64::total_cmp);
    assert!(sorted[0].ends_with("µs"), "{sorted:?}");
    assert_eq!(
        sorted.iter().filter(|took| !took.is_empty()).count(),
        expected.len()
    );
    assert_eq!(
        sorted.last().unwrap(),
        "",
        "what never began comes last: {sorted:?}"
    );

    // Failures come first; the other column is no longer sorted.
    assert_eq!(click(&mut tab, 2), "ascending");
    assert_eq!(column(&mut tab, 2)[0], "✗ failed");
    let sorted_columns = "document.querySelectorAll('[aria-sort=ascending]').length";
    assert_eq!(tab.value(sorted_columns), 1);
    assert_eq!(tab.mishaps(), [""; 0]);
}

#[test]
fn a_column_is_sorted_by_keyboard() {
    let mut tab = Tab::new(&html(&report(INCIDENT)));
    tab.value("document.getElementById('filter-outcome').focus()");
    tab.press("Tab", "");
    tab.press("Tab", "");
    assert_eq!(
        tab.value("document.activeElement.innerText.trim()"),
        "Check"
    );
    tab.press("Enter", "\r");
    let sort = "document.activeElement.parentElement.getAttribute('aria-sort')";
    assert_eq!(tab.value(sort), "ascending");
    let names = column(&mut tab, 1);
    assert!(
        names.is_sorted_by_key(|name| name.to_lowercase()),
        "{names:?}"
    );
}

#[test]
fn rows_are_filtered_by_text_and_outcome() {
    let report = report(INCIDENT);
    let mut tab = Tab::new(&html(&report));
    let count = "document.getElementById('filter-count').textContent";
    let all = format!("{} checks", report.checks.len());
    assert_eq!(tab.value(count), all);

    tab.value("document.getElementById('filter-text').focus()");
    tab.call("Input.insertText", json!({ "text": "journal SYSTEMD" }));
    let names = column(&mut tab, 1);
    assert!(!names.is_empty() && names.len() < 5, "{names:?}");
    assert!(
        names.iter().any(|name| name.contains("journal_u_systemd")),
        "{names:?}"
    );
    assert_eq!(tab.value(count), format!("{} of {all}", names.len()));

    tab.value("document.getElementById('filter-text').value = ''");
    tab.value(
        "const outcome = document.getElementById('filter-outcome');
         outcome.value = 'failed';
         outcome.dispatchEvent(new Event('change'))",
    );
    let failed = column(&mut tab, 2);
    assert_eq!(failed, ["✗ failed"]);
    assert_eq!(tab.value(count), format!("1 of {all}"));
    // A hidden row stays hidden when the rows are sorted.
    click(&mut tab, 1);
    assert_eq!(column(&mut tab, 2), failed);
}

#[test]
fn a_check_links_to_its_output() {
    let mut tab = Tab::new(&html(&report(INCIDENT)));
    let shown = "document.querySelector('#output-12 pre').checkVisibility()";
    assert_eq!(tab.value(shown), false);
    tab.value("document.querySelector('a[href=\"#output-12\"]').click()");
    assert_eq!(tab.value(shown), true);
    // This browser unfolds the target itself; for others the script does.
    tab.value("document.getElementById('output-12').closest('details').open = false");
    tab.value("dispatchEvent(new HashChangeEvent('hashchange')) && null");
    assert_eq!(tab.value(shown), true);
}

/// Exactly as shown, and without a line break at the end, which would run it.
#[test]
fn the_commands_of_a_remedy_are_copied() {
    let report = report("masked-252");
    let mut tab = Tab::new(&html(&report));
    tab.value(
        "Object.defineProperty(navigator, 'clipboard', {
           configurable: true, value: { writeText: (text) => { window.copied = text; return Promise.resolve(); } } })",
    );
    let buttons =
        tab.strings("[...document.querySelectorAll('button.copy')].map((it) => it.innerText)");
    let scripts = report
        .verdict
        .remedies
        .iter()
        .map(|remedy| &remedy.commands);
    let scripts: Vec<_> = scripts.filter(|script| !script.is_empty()).collect();
    assert!(!scripts.is_empty());
    assert_eq!(buttons, vec!["Copy"; scripts.len()]);
    tab.value("document.querySelector('button.copy').click()");
    assert_eq!(tab.value("window.copied"), scripts[0].trim_end());
    let label = "new Promise((done) => setTimeout(() => done(document.querySelector('button.copy').innerText)))";
    assert_eq!(tab.value(label), "Copied");

    // Without a clipboard, the commands are at least selected.
    tab.value(
        "Object.defineProperty(navigator, 'clipboard', { configurable: true, value: undefined })",
    );
    tab.value("document.querySelector('button.copy').click()");
    assert_eq!(
        tab.value("getSelection().toString().trim()"),
        scripts[0].trim_end()
    );
}

#[test]
fn everything_is_readable_without_the_script() {
    let report = report(INCIDENT);
    let mut tab = Tab::blank();
    tab.call(
        "Emulation.setScriptExecutionDisabled",
        json!({ "value": true }),
    );
    tab.load(&html(&report));
    assert_eq!(column(&mut tab, 1).len(), report.checks.len());
    let controls = "document.querySelectorAll('#filter:not([hidden]), button').length";
    assert_eq!(tab.value(controls), 0);
}
