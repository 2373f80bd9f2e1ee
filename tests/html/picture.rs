//! The picture of the timeline: to scale, in order, without overlaps.

use scraper::{ElementRef, Html};
use unicode_width::UnicodeWidthStr as _;

use crate::page::{all, attribute, number, parse, text};
use crate::reports::{html, names, report};

/// The maximum width of a character of a monospaced font of 12 pixels.
const LETTER: f64 = 7.3;

fn child<'a>(element: ElementRef<'a>, name: &str) -> Option<ElementRef<'a>> {
    let mut children = element.child_elements();
    children
        .find(|child| child.value().name() == name || child.value().classes().any(|c| c == name))
}

/// The positions of a picture's events on its axis.
fn marks(page: &Html, picture: &str) -> Vec<f64> {
    all(page, &format!("svg.{picture} g.event .mark"))
        .into_iter()
        .map(|mark| match mark.value().attr("cy") {
            Some(y) => y.parse().unwrap(),
            // A diamond begins at its upper corner.
            None => {
                let path = attribute(mark, "d");
                let y = path.split([' ', 'l']).nth(1).unwrap();
                y.parse::<f64>().unwrap() + 7.0
            }
        })
        .collect()
}

#[test]
fn labels_do_not_overlap_or_leave_the_picture() {
    for name in names() {
        let page = html(&report(&name));
        let page = parse(&page);
        for picture in ["wide", "narrow"] {
            let svg = all(&page, &format!("svg.{picture}"));
            let Some(&svg) = svg.first() else { continue };
            let (width, height) = (number(svg, "width"), number(svg, "height"));
            let mut lines: Vec<(f64, f64, f64, String)> = Vec::new();
            for line in all(&page, &format!("svg.{picture} text")) {
                let words = text(line);
                let long = words.width() as f64 * LETTER;
                let x = number(line, "x");
                let ends = line.value().classes().any(|class| class == "later");
                let (from, to) = if ends { (x - long, x) } else { (x, x + long) };
                let y = number(line, "y");
                assert!(
                    from >= 0.0 && to <= width,
                    "{name} {picture}: {words}: {from} to {to}"
                );
                assert!(y >= 12.0 && y <= height, "{name} {picture}: {words}: {y}");
                for (other_from, other_to, other_y, other) in &lines {
                    let apart =
                        to <= *other_from || from >= *other_to || (y - other_y).abs() >= 15.0;
                    assert!(apart, "{name} {picture}: {words:?} over {other:?}");
                }
                lines.push((from, to, y, words));
            }
        }
    }
}

#[test]
fn events_are_in_order_and_decisive_ones_are_marked() {
    for name in names() {
        let report = report(&name);
        let page = html(&report);
        let page = parse(&page);
        for picture in ["wide", "narrow"] {
            let marks = marks(&page, picture);
            assert!(marks.is_sorted(), "{name}: {marks:?}");
            let decisive = all(&page, &format!("svg.{picture} g.decisive path.mark")).len();
            let expected = report.timeline.iter().filter(|event| event.decisive);
            assert_eq!(decisive, expected.count(), "{name}");
        }
    }
}

/// Nothing is cut between the time when systemd looked for the file and its arrival 2.32 s later.
#[test]
fn decisive_events_are_to_scale() {
    let report = report("late-push-252");
    let page = html(&report);
    let page = parse(&page);
    let seconds = |index: usize| report.timeline[index].interval.start as f64 / 1e9;
    let decisive: Vec<_> = (0..report.timeline.len())
        .filter(|index| report.timeline[*index].decisive)
        .collect();
    let (first, last) = (decisive[0], decisive[decisive.len() - 1]);
    assert!(seconds(last) - seconds(first) > 2.0);
    for picture in ["wide", "narrow"] {
        let marks = marks(&page, picture);
        let ruler = all(&page, &format!("svg.{picture} .ruler"))[0];
        let words = text(ruler);
        let told: f64 = words.strip_suffix(" ms").unwrap().parse().unwrap();
        let path = attribute(child(ruler, "path").unwrap(), "d");
        let length = path.split(['h', 'm']).nth(2).unwrap();
        let a_second = 1_000.0 / told * length.parse::<f64>().unwrap();
        for index in first..=last {
            let expected = marks[first] + (seconds(index) - seconds(first)) * a_second;
            assert!((marks[index] - expected).abs() < 0.5, "{picture}: {index}");
        }
    }
}

#[test]
fn a_long_wait_is_cut_and_labelled() {
    let page = html(&report("directory-push-252"));
    let page = parse(&page);
    let cut = all(&page, "svg.wide g.cut");
    assert_eq!(cut.len(), 1);
    let label = text(cut[0]);
    let hours = label.split(" h ").next().unwrap();
    assert!(hours.parse::<u32>().is_ok_and(|hours| hours > 0), "{label}");
    assert!(label.ends_with(" min not shown"), "{label}");
}

#[test]
fn bars_are_to_scale() {
    let report = report("late-push-252");
    let page = html(&report);
    let page = parse(&page);
    let bars = all(&page, "svg.wide g.own rect.bar");
    let own: Vec<_> = report
        .timeline
        .iter()
        .filter(|event| event.source.is_lxcdiag())
        .collect();
    assert_eq!((bars.len(), own.len()), (2, 2));
    let ratio = |index: usize| {
        let interval = own[index].interval;
        number(bars[index], "height") / (interval.end - interval.start) as f64
    };
    assert!((ratio(0) / ratio(1) - 1.0).abs() < 0.02);
}

/// A flood of events cannot hide the decisive ones.
#[test]
fn of_many_events_the_latest_and_the_decisive_are_drawn() {
    let mut report = report("late-push-252");
    let first = report.timeline[0].clone();
    report
        .timeline
        .splice(0..0, std::iter::repeat_n(first.clone(), 300));
    report.timeline[0].decisive = true;
    let page = html(&report);
    let page = parse(&page);
    let others = all(&page, "svg.wide g.event:not(.decisive)");
    assert_eq!(others.len(), 250);
    assert_eq!(all(&page, "svg.wide g.decisive").len(), 3);
    let hidden = report
        .timeline
        .iter()
        .filter(|event| !event.decisive)
        .count()
        - 250;
    let caption = text(all(&page, "figcaption")[0]);
    assert!(
        caption.ends_with(&format!("{hidden} earlier events are in the JSON report.")),
        "{caption}"
    );
}
