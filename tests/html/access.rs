//! Accessibility of the page.

use std::collections::BTreeSet;

use crate::page::{all, attribute, only, parse, text};
use crate::reports::{html, report};

const INCIDENTS: &[&str] = &[
    "late-push-252",
    "directory-push-257",
    "healthy-247",
    "no-sh-252",
];

#[test]
fn headings_skip_no_level() {
    for name in INCIDENTS {
        let page = html(&report(name));
        let page = parse(&page);
        let mut before = 0;
        for heading in all(&page, "h1, h2, h3, h4, h5, h6") {
            let level: u32 = heading.value().name()[1..].parse().unwrap();
            assert!(level <= before + 1, "{name}: {}", text(heading));
            before = level;
        }
        only(&page, "h1");
    }
}

#[test]
fn every_reference_has_exactly_one_target() {
    for name in INCIDENTS {
        let page = html(&report(name));
        let page = parse(&page);
        let mut ids = BTreeSet::new();
        for element in all(&page, "[id]") {
            let id = attribute(element, "id");
            assert!(ids.insert(id), "{name}: two of {id}");
        }
        for link in all(&page, "a") {
            let id = attribute(link, "href").strip_prefix('#').unwrap();
            assert!(ids.contains(id), "{name}: {id}");
        }
        for labelled in all(&page, "[aria-labelledby]") {
            for id in attribute(labelled, "aria-labelledby").split(' ') {
                assert!(ids.contains(id), "{name}: {id}");
            }
        }
    }
}

#[test]
fn landmarks_tables_and_controls_have_names() {
    let page = html(&report("late-push-252"));
    let page = parse(&page);
    for landmark in ["body > header", "nav[aria-label]", "main"] {
        only(&page, landmark);
    }
    assert_eq!(attribute(only(&page, "html"), "lang"), "en");
    for section in all(&page, "section, svg") {
        attribute(section, "aria-labelledby");
    }
    for svg in all(&page, "svg") {
        assert_eq!(attribute(svg, "role"), "img");
    }
    for head in all(&page, "th") {
        assert!(["col", "row"].contains(&attribute(head, "scope")));
    }
    for table in all(&page, "table") {
        let caption = table.child_elements().next().unwrap();
        assert_eq!(caption.value().name(), "caption");
    }
    for control in all(&page, "input, select") {
        let label = control.ancestors().filter_map(scraper::ElementRef::wrap);
        assert_eq!(
            label.map(|element| element.value().name()).next(),
            Some("label")
        );
    }
}
