//! Columns side by side: a header, a rule under it, and no rules between rows.

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
    Width,
};
use unicode_width::UnicodeWidthStr as _;

use super::Layout;
use super::wrap::wrap;

/// Spaces between two columns.
pub(super) const GAP: usize = 2;

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));

/// A column.
pub(crate) struct Column {
    pub(crate) head: &'static str,
    /// How narrow it may become on a narrow terminal.
    pub(crate) least: Least,
}

/// How narrow a column may become. If that does not suffice, columns that wrap become even narrower.
#[derive(Clone, Copy)]
pub(crate) enum Least {
    /// As wide as its widest cell.
    Content,
    /// About this many terminal columns, with its text wrapped.
    Wrapped(usize),
}

/// The text of a cell.
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) colour: Option<Color>,
    pub(crate) bold: bool,
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self {
            text,
            colour: None,
            bold: false,
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl Text {
    pub(crate) fn coloured(text: &str, colour: Color) -> Self {
        Self {
            colour: Some(colour),
            ..Self::from(text)
        }
    }
}

/// The table, without trailing spaces. Columns that are empty in every row are omitted.
pub(crate) fn grid(columns: Vec<Column>, mut rows: Vec<Vec<Text>>, layout: Layout) -> String {
    let used: Vec<bool> = (0..columns.len())
        .map(|index| {
            rows.iter()
                .any(|row| row.get(index).is_some_and(|cell| !cell.text.is_empty()))
        })
        .collect();
    let mut keep = used.iter().copied().cycle();
    let columns: Vec<_> = columns
        .into_iter()
        .filter(|_| keep.next() == Some(true))
        .collect();
    for row in &mut rows {
        let mut keep = used.iter().copied();
        row.retain(|_| keep.next() == Some(true));
    }
    let widths = widths(&columns, &rows, layout.columns());
    draw(&columns, &rows, &widths, layout)
}

/// How far columns shrink.
#[derive(Clone, Copy)]
enum Pass {
    Comfortable,
    Least,
    Cramped,
}

fn widths(columns: &[Column], rows: &[Vec<Text>], width: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| cell.text.width()).max().unwrap_or(0);
            widest.max(column.head.width())
        })
        .collect();
    let room = width.saturating_sub(GAP * columns.len().saturating_sub(1));
    // Each column shrinks a little at first, then to its minimum, then further if necessary.
    for pass in [Pass::Comfortable, Pass::Least, Pass::Cramped] {
        let mut over = widths.iter().sum::<usize>().saturating_sub(room);
        for (column, current) in columns.iter().zip(&mut widths).rev() {
            let Least::Wrapped(least) = column.least else {
                continue;
            };
            let least = match pass {
                Pass::Comfortable => least * 3 / 2,
                Pass::Least => least,
                Pass::Cramped => column.head.width(),
            };
            let give = current.saturating_sub(least).min(over);
            *current -= give;
            over -= give;
        }
    }
    widths
}

fn draw(columns: &[Column], rows: &[Vec<Text>], widths: &[usize], layout: Layout) -> String {
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    if layout.colour {
        table.enforce_styling().style_text_only();
    } else {
        table.force_no_tty();
    }
    table.set_header(columns.iter().map(|column| column.head));
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let lines = wrap(&cell.text, *width).join("\n");
            let mut drawn = Cell::new(lines);
            if let Some(colour) = cell.colour {
                drawn = drawn.fg(colour);
            }
            if cell.bold {
                drawn = drawn.add_attribute(Attribute::Bold);
            }
            drawn
        });
        table.add_row(cells.collect::<Vec<_>>());
    }
    let last = widths.len().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        let gap = if index == last { 0 } else { GAP };
        column.set_padding((0, u16::try_from(gap).unwrap_or(0)));
        let width = widths.get(index).copied().unwrap_or(0) + gap;
        let width = Width::Fixed(u16::try_from(width).unwrap_or(u16::MAX));
        column.set_constraint(ColumnConstraint::Absolute(width));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}
