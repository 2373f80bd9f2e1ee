//! The table: the expected verdict, lxcdiag's, and that of the simple rule "enabling it succeeds, so it was a race".

use std::fmt::Write as _;

use super::{Cell, rule_is_right};

/// A row for each scenario; versions with the same result share one.
pub fn drawn(cells: &[Cell]) -> String {
    let mut rows: Vec<[String; 5]> = vec![
        [
            "scenario",
            "systemd",
            "expected",
            "got",
            "\"enable succeeds, so race\"",
        ]
        .map(str::to_owned),
    ];
    let mut last = None;
    for cell in cells {
        let got = match &*cell.wrong {
            [] => "the same",
            _ => "WRONG, see below",
        };
        let row = [
            cell.case.name.to_owned(),
            cell.version.to_owned(),
            expected(cell),
            got.to_owned(),
            rule(cell),
        ];
        let key = (cell.case.position(), row[3].clone(), row[4].clone());
        if last.as_ref() == Some(&key) {
            let versions = &mut rows.last_mut().unwrap()[1];
            *versions = format!("{versions} {}", cell.version);
        } else {
            rows.push(row);
        }
        last = Some(key);
    }
    let mut text = aligned(&rows);
    let wrong = cells.iter().filter(|cell| !cell.wrong.is_empty());
    let of_rule = |right| {
        cells
            .iter()
            .filter(|cell| rule_is_right(cell) == Some(right))
            .count()
    };
    let _ = writeln!(
        text,
        "\n{} cells, {} wrong. The simple rule would be right in {} and wrong in {}.",
        cells.len(),
        wrong.clone().count(),
        of_rule(true),
        of_rule(false)
    );
    for cell in wrong {
        let _ = writeln!(text, "\n{} on systemd {}:", cell.case.name, cell.version);
        for line in &cell.wrong {
            let _ = writeln!(text, " - {line}");
        }
    }
    text
}

fn expected(cell: &Cell) -> String {
    let case = &cell.case.expected;
    match case.told() {
        told if told == case.unaided => told.to_owned(),
        told => format!("{}; told when: {told}", case.unaided),
    }
}

fn rule(cell: &Cell) -> String {
    let says = match cell.enables {
        Some(true) => "race",
        Some(false) => "no race",
        None => "nothing",
    };
    match rule_is_right(cell) {
        Some(true) => format!("{says}: right"),
        Some(false) => format!("{says}: WRONG"),
        None => says.to_owned(),
    }
}

fn aligned(rows: &[[String; 5]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| format!("{cell:<width$}", width = width(column)))
            .collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}
