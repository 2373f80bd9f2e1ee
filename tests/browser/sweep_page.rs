//! The page of a sweep with its reports, also with hostile text.

use std::collections::BTreeSet;

use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::report::Report;
use lxcdiag::sweep::report::{Sweep, page};
use lxcdiag::sweep::row::VisitResult;

use crate::hostile::FRAGMENTS;
use crate::layout::BEYOND;
use crate::paper::SHEET;
use crate::reports::html;
use crate::sweeps::{health, poison};
use crate::tab::{DESK, PHONE, Tab};

/// The directory of the reports beside the page.
fn link(ct: ContainerId) -> String {
    format!("./report.reports/{ct}.html")
}

/// The page, and beside it the report on each container that was visited.
fn load(tab: &mut Tab, sweep: &Sweep, reports: &[Report]) {
    let there: BTreeSet<_> = reports.iter().map(|report| report.target.ct).collect();
    for report in reports {
        tab.keep(&link(report.target.ct), &html(report));
    }
    tab.load(&page(sweep, |ct| there.contains(&ct).then(|| link(ct))));
}

/// The rows of the map: the container's ID, its sign, and the signs of its checks.
const MAP: &str = "[...document.querySelectorAll('#map tbody tr')].map((row) => {
    const signs = [...row.querySelectorAll('.cell')].map((cell) => cell.innerText.trim()).join('');
    return `${row.cells[0].innerText.trim().split(/\\s/)[0]} ${row.querySelector('.mark').innerText} ${signs}`;
  })";

/// The content of the pane that scrolls may be wider than the page.
fn beyond(tab: &mut Tab) -> Vec<String> {
    let pane = "document.querySelector('.pane').getBoundingClientRect().right <= innerWidth";
    assert_eq!(tab.value(pane), true);
    tab.strings(&BEYOND.replace(
        ".filter((element) => element.checkVisibility())",
        ".filter((element) => element.checkVisibility() && !element.closest('.pane table'))",
    ))
}

#[test]
fn every_container_and_check_is_shown_on_every_screen() {
    let (sweep, reports) = health();
    let mut tab = Tab::blank();
    load(&mut tab, &sweep, &reports);
    // The checks in their order: container to essentials. The recordings are from before the eighth, of processes, the
    // eighteenth, of damaged journals, and the last six.
    let map = [
        "101 ✓ ✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓––––––",
        "102 C ✓✓✓✓✓✓✓–✓✓✓✓✓CW✓✓–✓✓✓✓✓✓✓✓––––––",
        "103 C ✓✓✓C✓✓✓–✓✓✓✓✓✓✓✓✓–✓✓WW✓✓✓✓––––––",
        "104 W ✓✓✓✓✓✓✓–✓✓✓✓✓✓✓W✓–✓✓✓✓✓✓✓✓––––––",
        "110 C ✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓✓–✓✓✓✓✓✓✓C––––––",
        "111 ✓ ✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓✓–✓~✓✓✓✓✓✓––––––",
        "958 ✓ ✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓✓–✓✓✓✓✓✓✓✓––––––",
        "959 ? ✓×––––––✓✓––✓✓✓?––––––✓✓✓✓––––––",
        "201 ? ",
        "900 – ",
    ];
    assert_eq!(tab.strings(MAP), map);
    let heads =
        "[...document.querySelectorAll('#map thead th.check')].map((head) => head.innerText)";
    let checks: Vec<_> = sweep.checks.iter().map(|check| &check.id).collect();
    assert_eq!(
        tab.strings(heads),
        checks.iter().map(|id| id.as_str()).collect::<Vec<_>>()
    );
    for (screen, word) in [(PHONE, "phone"), (DESK, "desk")] {
        tab.resize(screen);
        assert_eq!(beyond(&mut tab), [""; 0], "{word}");
        assert_eq!(tab.value("document.documentElement.scrollWidth"), screen.0);
        // The headers stay visible when the map is scrolled.
        tab.value("document.querySelector('.pane').scrollTo(9999, 9999)");
        let hidden = tab.strings(
            "[...document.querySelectorAll('#map tbody th, #map td.cell:last-child, #map .instead > span')].filter((element) => {
               const box = element.getBoundingClientRect();
               return box.left < -0.5 || box.width === 0 || box.right > innerWidth + 0.5;
             }).map((element) => element.outerHTML)",
        );
        assert_eq!(hidden, [""; 0], "{word}");
        tab.value("document.querySelector('.pane').scrollTo(0, 0)");
        for scheme in ["light", "dark"] {
            tab.media("screen", scheme);
            assert_eq!(
                tab.strings(include_str!("contrast.js")),
                [""; 0],
                "{word} {scheme}"
            );
            tab.picture(&format!("sweep-{word}-{scheme}"));
        }
    }
    assert_eq!(tab.mishaps(), [""; 0]);
}

#[test]
fn a_hostile_sweep_runs_nothing_and_links_only_to_reports() {
    let (mut sweep, reports) = health();
    let mut words = FRAGMENTS.iter().cycle().map(|&word| word.to_owned());
    poison(&mut sweep, || words.next().unwrap());
    let mut tab = Tab::blank();
    load(&mut tab, &sweep, &reports);
    for screen in [PHONE, DESK] {
        tab.resize(screen);
        assert_eq!(beyond(&mut tab), [""; 0]);
        assert_eq!(tab.value("document.documentElement.scrollWidth"), screen.0);
        assert_eq!(tab.strings(MAP).len(), sweep.containers.len());
        let cells = tab.value("document.querySelectorAll('#map td.cell').length");
        let visited = |visit: &VisitResult| matches!(visit, VisitResult::Visited(found) if !found.checks.is_empty());
        let rows = sweep.containers.iter().filter(|row| visited(&row.result));
        assert_eq!(cells, rows.count() * sweep.checks.len());
        tab.picture(&format!("sweep-hostile-{}", screen.0));
    }
    assert_eq!(tab.value("document.scripts.length"), 0);
    assert_eq!(tab.value("typeof window.pwned"), "undefined");
    assert_eq!(tab.mishaps(), [""; 0]);

    let links =
        tab.strings("[...document.querySelectorAll('#map tbody a')].map((link) => link.href)");
    assert_eq!(links.len(), reports.len());
    for (url, report) in links.iter().zip(&reports) {
        tab.visit(url);
        let title = tab.value("document.title");
        let ct = report.target.ct;
        assert!(
            title
                .as_str()
                .unwrap()
                .ends_with(&format!("container {ct}")),
            "{url}: {title}"
        );
    }
}

#[test]
fn a_printout_has_every_sign_and_nothing_is_cut_off() {
    let (sweep, _) = health();
    let mut tab = Tab::new(&page(&sweep, |_| None));
    tab.resize(SHEET);
    tab.media("print", "dark");
    let cut_off = tab.strings(
        "[...document.querySelectorAll('main *')]
           .filter((element) => element.checkVisibility())
           .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
           .map((element) => element.outerHTML)",
    );
    assert_eq!(cut_off, [""; 0]);
    // Browsers do not print backgrounds by default.
    let filled = tab.strings(
        "[...document.querySelectorAll('.cell, .key, .mark')]
           .filter((sign) => getComputedStyle(sign).backgroundColor !== 'rgba(0, 0, 0, 0)')
           .map((sign) => sign.outerHTML)",
    );
    assert_eq!(filled, [""; 0]);
    assert_eq!(tab.strings(include_str!("contrast.js")), [""; 0]);
    tab.media("", "light");
    assert!(tab.paper("sweep").starts_with(b"%PDF-"));
    assert_eq!(tab.mishaps(), [""; 0]);
}
