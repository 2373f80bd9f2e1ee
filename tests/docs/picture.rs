//! The picture of a report in README.md: what lxcdiag prints on a terminal, as an SVG.

use std::fmt::Write as _;
use std::path::Path;

use crate::environment::Environment;

const COLUMNS: usize = 80;
/// The size of a character, in the units of the picture.
const CHARACTER: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 16.0;

/// Text in one style, by the terminal's SGR parameters.
#[derive(Clone, Default, PartialEq)]
struct Style {
    bold: bool,
    dim: bool,
    colour: Option<&'static str>,
}

impl Style {
    fn apply(&mut self, parameters: &str) {
        let mut codes = parameters.split(';');
        while let Some(code) = codes.next() {
            match code {
                "" | "0" => *self = Self::default(),
                "1" => self.bold = true,
                "2" => self.dim = true,
                "31" => self.colour = colour("1"),
                "32" => self.colour = colour("2"),
                "33" => self.colour = colour("3"),
                "38" => self.colour = codes.nth(1).and_then(colour),
                "39" => self.colour = None,
                other => panic!("SGR parameter {other}"),
            }
        }
    }

    fn attributes(&self) -> String {
        let mut text = String::new();
        if self.bold {
            text.push_str(" font-weight=\"bold\"");
        }
        if let Some(colour) = self.colour {
            let _ = write!(text, " fill=\"{colour}\"");
        } else if self.dim {
            text.push_str(" fill=\"#8b949e\"");
        }
        text
    }
}

fn colour(number: &str) -> Option<&'static str> {
    Some(match number {
        "1" => "#ff7b72",
        "2" => "#7ee787",
        "3" => "#e3b341",
        "5" => "#d2a8ff",
        "8" => "#8b949e",
        other => panic!("colour {other}"),
    })
}

/// The lines of the terminal: characters, each with its style.
fn screen(output: &str) -> Vec<Vec<(char, Style)>> {
    let mut style = Style::default();
    let mut lines = vec![Vec::new()];
    let mut characters = output.chars();
    while let Some(character) = characters.next() {
        match character {
            '\x1b' => {
                let sequence: String = characters.by_ref().take_while(|c| *c != 'm').collect();
                style.apply(sequence.strip_prefix('[').unwrap());
            }
            '\n' => lines.push(Vec::new()),
            character => {
                if lines.last().unwrap().len() == COLUMNS {
                    lines.push(Vec::new());
                }
                lines.last_mut().unwrap().push((character, style.clone()));
            }
        }
    }
    lines.pop();
    lines
}

fn picture(output: &str) -> String {
    let lines = screen(output);
    let (width, height) = CHARACTER;
    let size = (
        COLUMNS as f64 * width + 2.0 * MARGIN,
        lines.len() as f64 * height + 2.0 * MARGIN,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\">
<title>The report on the demonstration late-push</title>
<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#0d1117\"/>
<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" fill=\"#e6edf3\">\n",
        size.0, size.1
    );
    for (number, line) in lines.iter().enumerate() {
        let y = MARGIN + (number as f64 + 0.75) * height;
        let mut column = 0;
        for run in line.chunk_by(|a, b| a.1 == b.1) {
            let text: String = run.iter().map(|(character, _)| character).collect();
            let x = MARGIN + column as f64 * width;
            // The length keeps the columns aligned in every font.
            let length = run.len() as f64 * width;
            column += run.len();
            if text.trim().is_empty() {
                continue;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\"{}>{text}</text>",
                run[0].1.attributes()
            );
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

#[test]
fn the_picture_in_the_readme_is_the_output_of_today() {
    let environment = Environment::new();
    let mut command = environment.command(&["run", "race-condition", "--demo"]);
    let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    let today = picture(&String::from_utf8(output.stdout).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/demo.svg");
    if std::env::var_os("LXCDIAG_UPDATE").is_some() {
        std::fs::write(&path, &today).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == today,
        "docs/demo.svg shows another report; LXCDIAG_UPDATE=1 cargo test --test docs picture"
    );
}
