//! The timeline as a picture: an axis from top to bottom, to scale except for marked cuts, where nothing
//! happened for long; and beside it a label for each event.

mod scale;

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::super::events::Described;
use super::super::table::wrap::wrap;
use crate::evidence::fact::duration_in_words;
use crate::evidence::time::seconds;
use scale::{Scale, apart};

/// The height of a line of text, and the space between two labels.
const LINE: f64 = 16.0;
const BETWEEN: f64 = 8.0;
/// Above the axis and below it.
const MARGIN: f64 = 14.0;
/// The minimum length of the axis.
const LEAST: f64 = 220.0;
/// An interval longer than this has a bar beside its mark.
const BAR: f64 = 7.0;
/// Bars beside each other, and the distance between them.
const LANES: usize = 4;
const LANE: f64 = 8.0;
/// The space below the axis for its scale.
const LEGEND: f64 = 34.0;
/// The maximum length of the scale.
const RULER: f64 = 90.0;

/// The screen of a picture, in pixels at its natural size.
#[derive(Serialize)]
pub(super) struct Screen {
    name: &'static str,
    width: f64,
    axis: f64,
    /// Where labels begin, where the time since the previous event ends, and where the description begins:
    /// below the time if that is as far left.
    label: f64,
    later: f64,
    what: f64,
    /// Characters of a line of the description.
    columns: usize,
}

/// For a large screen and for paper.
pub(super) const WIDE: Screen = Screen {
    name: "wide",
    width: 960.0,
    axis: 48.0,
    label: 96.0,
    later: 350.0,
    what: 366.0,
    columns: 80,
};

/// For a phone.
pub(super) const NARROW: Screen = Screen {
    name: "narrow",
    width: 328.0,
    axis: 40.0,
    label: 72.0,
    later: 326.0,
    what: 72.0,
    columns: 35,
};

/// A piece of text on a line: its class in the style sheet, its position, and the text.
type Piece = (&'static str, f64, String);

/// An event or a cut: a place on the axis with a label beside it.
struct Item {
    /// Its class in the style sheet.
    class: &'static str,
    /// Its place on the axis, and the end of the bar beside it.
    from: i64,
    to: i64,
    lines: Vec<Vec<Piece>>,
}

impl Item {
    fn height(&self) -> f64 {
        self.lines.len() as f64 * LINE + BETWEEN
    }

    fn of_event(described: &Described<'_>, screen: &Screen) -> Self {
        let class = match &described.event.source {
            _ if described.event.decisive => "event decisive",
            source if source.is_lxcdiag() => "event own",
            _ => "event plain",
        };
        let clock = match described.clock.as_str() {
            "" => "at the same time",
            clock => clock,
        };
        let mut time = vec![("clock", screen.label, clock.to_owned())];
        if !described.later.is_empty() {
            time.push(("later", screen.later, described.later.clone()));
        }
        let mut what = wrap(&described.what, screen.columns)
            .into_iter()
            .map(|line| ("what", screen.what, line));
        if screen.what > screen.label {
            time.extend(what.next());
        }
        let day = described
            .new_day
            .map(|day| ("day", screen.label, day.to_owned()));
        let lines = day.map(|day| vec![day]).into_iter();
        Self {
            class,
            from: described.event.interval.start,
            to: described.event.interval.end,
            lines: lines
                .chain([time])
                .chain(what.map(|line| vec![line]))
                .collect(),
        }
    }

    fn of_cut((from, to): (i64, i64), screen: &Screen) -> Self {
        let length = to.saturating_sub(from);
        let words = format!("{} not shown", duration_in_words(seconds(length)));
        Self {
            class: "cut",
            from: from + length / 2,
            to: from + length / 2,
            lines: vec![vec![("cut", screen.label, words)]],
        }
    }
}

/// The picture, for the template to draw.
pub(super) fn picture(events: &[Described<'_>], screen: &Screen) -> Value {
    let intervals: Vec<_> = events.iter().map(|it| it.event.interval).collect();
    let mut decisive = events
        .iter()
        .filter(|it| it.event.decisive)
        .map(|it| it.event.interval.start);
    let first = decisive.next();
    let span = first.map(|first| (first, decisive.next_back().unwrap_or(first)));
    let scale = Scale::new(&intervals, span);

    let marks = events.iter().map(|it| Item::of_event(it, screen));
    let cuts = scale.cuts().map(|cut| Item::of_cut(cut, screen));
    let mut items: Vec<_> = marks.chain(cuts).collect();
    items.sort_by_key(|item| item.from);

    let heights: Vec<_> = items.iter().map(Item::height).collect();
    let length = LEAST.max(heights.iter().sum());
    let place = |at: i64| MARGIN + scale.place(at) * length;
    // Ideally, the first line of a label is level with its mark.
    let wanted: Vec<_> = items
        .iter()
        .map(|item| place(item.from) - MARGIN - (LINE + BETWEEN) / 2.0)
        .collect();
    let tops = apart(&wanted, &heights, length);

    let mut lanes = [f64::MIN; LANES];
    let drawn = items.iter().zip(tops).map(|(item, top)| {
        let y = place(item.from);
        context! {
            class => item.class,
            y,
            bar => bar(y, place(item.to), screen, &mut lanes),
            label => MARGIN + top + (LINE + BETWEEN) / 2.0,
            lines => Value::from(Serde(&item.lines)),
        }
    });
    let stretch = |(from, to)| vec![place(from), place(to)];
    context! {
        screen => Value::from(Serde(screen)),
        line => LINE,
        items => drawn.collect::<Vec<_>>(),
        height => length + 2.0 * MARGIN + LEGEND,
        parts => scale.parts().map(stretch).collect::<Vec<_>>(),
        decisive => span.filter(|(first, last)| last > first).map(stretch),
        ruler => scale.ruler(RULER / length).map(|(nanos, part)| context! {
            y => length + 2.0 * MARGIN + LEGEND / 2.0,
            length => part * length,
            words => duration_in_words(seconds(nanos)),
        }),
    }
}

/// A bar beside the axis, in the first lane that is free: its position and its length.
fn bar(from: f64, to: f64, screen: &Screen, lanes: &mut [f64; LANES]) -> Option<Vec<f64>> {
    if to - from < BAR {
        return None;
    }
    let free = lanes.iter().position(|end| *end < from);
    let number = free.unwrap_or(LANES - 1);
    if let Some(end) = lanes.get_mut(number) {
        *end = to;
    }
    let x = screen.axis - 10.0 - number as f64 * LANE;
    Some(vec![x, to - from])
}
