//! Reports in Markdown.

use lxcdiag::evidence::check_key::CheckKey;
use lxcdiag::report::{Format, Layout, Report, render};

use crate::hostile;

fn markdown(report: &Report) -> String {
    render(report, Format::Markdown, Layout::default())
}

#[test]
fn a_race() {
    insta::assert_snapshot!(markdown(&hostile::report(&[])));
}

#[test]
fn outputs_too_long_for_a_comment_are_shortened_evenly() {
    let mut report = hostile::report(&[]);
    let ran: Vec<usize> = (0..report.checks.len())
        .filter(|at| !report.checks[*at].argv.is_empty())
        .collect();
    for at in &ran {
        report.checks[*at].stdout = format!("begin {at}\n{}\nend {at}\n", "x".repeat(1 << 16));
    }
    crate::markdown::holds(&report);
    let text = markdown(&report);
    let length = text.chars().count();
    assert!((40_000..60_000).contains(&length), "{length}");
    for at in &ran {
        assert!(text.contains(&format!("begin {at}\n")), "{at}");
        assert!(text.contains(&format!("\nend {at}\n")), "{at}");
    }
    assert!(text.matches(" characters omitted …]").count() >= ran.len());
}

#[test]
fn a_line_of_a_megabyte() {
    let mut report = hostile::report(&[]);
    for text in ["x", "`", "~", "<", "|", "\u{202e}", "@a "] {
        report.checks[2].stdout = text.repeat(1 << 20);
        report.checks[2].observed = text.repeat(1 << 20);
        report.verdict.remedy = text.repeat(1 << 20);
        crate::markdown::holds(&report);
    }
}

#[test]
fn a_thousand_checks() {
    let mut report = hostile::report(&[]);
    let rows = report.checks.clone();
    for number in 0..1_000 {
        let mut row = rows[2].clone();
        row.key = CheckKey::of_item("stamp", &number.to_string());
        report.checks.push(row);
    }
    crate::markdown::holds(&report);
    assert!(markdown(&report).contains(" more in the JSON report."));
}

#[test]
fn redactions_are_listed() {
    let mut report = hostile::report(&[]);
    assert!(markdown(&report).ends_with(
        "\nNone: this report was written with `--no-redact` and may contain secrets.\n"
    ));
    report.redacted = Some(Vec::new());
    assert!(markdown(&report).ends_with("\nNone: no secrets were found.\n"));
    report.redacted = hostile::report(&["x".to_owned()]).redacted;
    assert!(markdown(&report).ends_with("\n- x: x, 2 ×\n"));
}

/// A fence is long enough for an output that is Markdown itself.
#[test]
fn a_unit_file_with_fences_in_it() {
    let mut report = hostile::report(&[]);
    report.checks[11].stdout = "[Unit]\n```\n</details>\n````sh\nx\n````\n".to_owned();
    crate::markdown::holds(&report);
    assert!(
        markdown(&report).contains("`````text\n[Unit]\n```\n</details>\n````sh\nx\n````\n`````\n")
    );
}
