//! The time line as a picture: one axis from top to bottom, to scale but where a long stretch in which
//! nothing happened is cut out of it and told, and beside it a label for each moment.

mod scale;

use serde::Serialize;

use super::super::moments::Told;
use super::super::table::wrap::wrap;
use crate::evidence::fact::duration_in_words;
use crate::evidence::time::seconds;
use scale::{Scale, apart};

/// The height of a line of text, and the room between two labels.
const LINE: f64 = 16.0;
const BETWEEN: f64 = 8.0;
/// Above the axis and below it.
const MARGIN: f64 = 14.0;
/// The least length of the axis.
const LEAST: f64 = 220.0;
/// An interval that is drawn longer than this has a bar beside its mark.
const BAR: f64 = 7.0;
/// Bars beside each other, and how far apart.
const LANES: usize = 4;
const LANE: f64 = 8.0;
/// The room below the axis for its scale.
const LEGEND: f64 = 34.0;
/// How long the scale may be drawn.
const RULER: f64 = 90.0;

/// How the picture is laid out, in pixels at its natural size.
pub(super) struct Layout {
    name: &'static str,
    width: f64,
    axis: f64,
    /// Where labels begin, where how long after the moment before it was ends, and where what happened
    /// begins: below the time where that is as far left.
    label: f64,
    later: f64,
    what: f64,
    /// Characters of a line of what happened.
    columns: usize,
}

/// For a desk and for paper.
pub(super) const WIDE: Layout = Layout {
    name: "wide",
    width: 960.0,
    axis: 48.0,
    label: 96.0,
    later: 344.0,
    what: 364.0,
    columns: 80,
};

/// For a telephone.
pub(super) const NARROW: Layout = Layout {
    name: "narrow",
    width: 328.0,
    axis: 40.0,
    label: 72.0,
    later: 326.0,
    what: 72.0,
    columns: 35,
};

/// The picture, ready to be drawn.
#[derive(Serialize)]
pub(super) struct Picture {
    name: &'static str,
    width: f64,
    height: f64,
    axis: f64,
    label: f64,
    /// The parts of the axis that are to scale.
    parts: Vec<Stretch>,
    /// From the first moment that decides to the last.
    decisive: Option<Stretch>,
    cuts: Vec<Cut>,
    moments: Vec<Drawn>,
    ruler: Option<Ruler>,
}

/// A stretch of the axis, from top to bottom.
#[derive(Serialize, Clone, Copy)]
struct Stretch {
    from: f64,
    to: f64,
}

/// Where a stretch of time is cut out.
#[derive(Serialize)]
struct Cut {
    y: f64,
    label: Label,
}

/// A moment.
#[derive(Serialize)]
struct Drawn {
    /// What it is to the eye: `decisive`, `own` or `plain`.
    kind: &'static str,
    y: f64,
    bar: Option<Bar>,
    label: Label,
}

/// How long a moment may have been, or how long something took.
#[derive(Serialize)]
struct Bar {
    x: f64,
    y: f64,
    height: f64,
}

/// Lines of text, the first at the height `y`.
#[derive(Serialize)]
struct Label {
    y: f64,
    lines: Vec<Line>,
}

/// A piece of text on a line of its own.
#[derive(Serialize)]
struct Line {
    x: f64,
    y: f64,
    class: &'static str,
    text: String,
}

/// A length to compare with.
#[derive(Serialize)]
struct Ruler {
    y: f64,
    length: f64,
    words: String,
}

/// What has a place on the axis and a label beside it, from top to bottom.
enum Item<'a> {
    Moment(&'a Told<'a>),
    Cut(i64),
}

impl Picture {
    pub(super) fn new(told: &[Told<'_>], layout: &Layout) -> Self {
        let intervals: Vec<_> = told.iter().map(|told| told.moment.interval).collect();
        let deciding: Vec<_> = told
            .iter()
            .map(|told| told.moment)
            .filter(|moment| moment.decisive)
            .map(|moment| moment.interval.start)
            .collect();
        let span = deciding.first().copied().zip(deciding.last().copied());
        let scale = Scale::new(&intervals, span);

        let mut items: Vec<_> = told
            .iter()
            .map(|told| (told.moment.interval.start, Item::Moment(told)))
            .collect();
        items.extend(
            scale
                .cuts()
                .map(|(from, to)| (from, to.saturating_sub(from)))
                .map(|(from, length)| (from + length / 2, Item::Cut(length))),
        );
        items.sort_by_key(|(at, _)| *at);

        let texts: Vec<_> = items.iter().map(|(_, item)| text(item, layout)).collect();
        let heights: Vec<_> = texts.iter().map(|text| height(text)).collect();
        let length = LEAST.max(heights.iter().sum());
        let place = |at: i64| MARGIN + scale.place(at) * length;
        // A label is best where its first line is level with its mark.
        let wanted: Vec<_> = items
            .iter()
            .map(|(at, _)| place(*at) - MARGIN - (LINE + BETWEEN) / 2.0)
            .collect();
        let tops = apart(&wanted, &heights, length);

        let mut lanes = [f64::MIN; LANES];
        let (mut cuts, mut moments) = (Vec::new(), Vec::new());
        for (((at, item), top), text) in items.iter().zip(tops).zip(texts) {
            let y = place(*at);
            let label = label(MARGIN + top, text);
            match item {
                Item::Cut(_) => cuts.push(Cut { y, label }),
                Item::Moment(told) => moments.push(Drawn {
                    kind: match &told.moment.source {
                        _ if told.moment.decisive => "decisive",
                        source if source.is_lxcdiag() => "own",
                        _ => "plain",
                    },
                    y,
                    bar: bar(y, place(told.moment.interval.end), layout, &mut lanes),
                    label,
                }),
            }
        }
        Self {
            name: layout.name,
            width: layout.width,
            height: length + 2.0 * MARGIN + LEGEND,
            axis: layout.axis,
            label: layout.label,
            parts: scale
                .parts()
                .map(|(from, to)| Stretch {
                    from: place(from),
                    to: place(to),
                })
                .collect(),
            decisive: span
                .filter(|(first, last)| last > first)
                .map(|(first, last)| Stretch {
                    from: place(first),
                    to: place(last),
                }),
            cuts,
            moments,
            ruler: scale.ruler(RULER / length).map(|(nanos, part)| Ruler {
                y: length + 2.0 * MARGIN + LEGEND / 2.0,
                length: part * length,
                words: duration_in_words(seconds(nanos)),
            }),
        }
    }
}

/// The pieces of a label's text, line by line.
fn text(item: &Item<'_>, layout: &Layout) -> Vec<Vec<Line>> {
    let piece = |x: f64, class, text: &str| Line {
        x,
        y: 0.0,
        class,
        text: text.to_owned(),
    };
    let told = match item {
        Item::Cut(nanos) => {
            let words = format!("{} cut out", duration_in_words(seconds(*nanos)));
            return vec![vec![piece(layout.label, "cut", &words)]];
        }
        Item::Moment(told) => told,
    };
    let clock = match told.clock.as_str() {
        "" => "at the same time",
        clock => clock,
    };
    let mut time = vec![piece(layout.label, "clock", clock)];
    if !told.later.is_empty() {
        time.push(piece(layout.later, "later", &told.later));
    }
    let mut what = wrap(&told.what, layout.columns)
        .into_iter()
        .map(|line| piece(layout.what, "what", &line));
    if layout.what > layout.label {
        time.extend(what.next());
    }
    let day = told
        .new_day
        .map(|day| vec![piece(layout.label, "day", day)]);
    let what = what.map(|line| vec![line]);
    day.into_iter().chain([time]).chain(what).collect()
}

fn height(lines: &[Vec<Line>]) -> f64 {
    lines.len() as f64 * LINE + BETWEEN
}

/// Text from this height downwards.
fn label(top: f64, lines: Vec<Vec<Line>>) -> Label {
    let y = top + (LINE + BETWEEN) / 2.0;
    let mut placed = Vec::new();
    for (number, pieces) in lines.into_iter().enumerate() {
        // The base line lies below the middle of the letters.
        let base = y + number as f64 * LINE + 4.0;
        placed.extend(pieces.into_iter().map(|line| Line { y: base, ..line }));
    }
    Label { y, lines: placed }
}

/// A bar beside the axis, in the first lane that is free from there on.
fn bar(from: f64, to: f64, layout: &Layout, lanes: &mut [f64; LANES]) -> Option<Bar> {
    if to - from < BAR {
        return None;
    }
    let free = lanes.iter().position(|end| *end < from);
    let number = free.unwrap_or(LANES - 1);
    if let Some(end) = lanes.get_mut(number) {
        *end = to;
    }
    Some(Bar {
        x: layout.axis - 10.0 - number as f64 * LANE,
        y: from,
        height: to - from,
    })
}
