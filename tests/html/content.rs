//! The page has everything that is in the report.

use lxcdiag::judge::results::Severity;

use crate::page::{all, attribute, only, parse, text};
use crate::reports::{html, names, report};

#[test]
fn every_check_event_and_hypothesis_is_shown() {
    for name in names() {
        let report = report(&name);
        let page = html(&report);
        let page = parse(&page);
        let rows = all(&page, "#checks-table tbody tr");
        let outputs = all(&page, "details.output");
        assert_eq!(rows.len(), report.checks.len(), "{name}");
        assert_eq!(outputs.len(), report.checks.len(), "{name}");
        for ((check, row), output) in report.checks.iter().zip(rows).zip(outputs) {
            assert!(text(row).contains(&check.title), "{name}: {}", check.key);
            let output = text(output);
            assert!(output.contains(&check.title), "{name}: {}", check.key);
            for written in [&check.stdout, &check.stderr] {
                let line = written.lines().find(|line| !line.trim().is_empty());
                let line = line.unwrap_or_default().replace('\r', "\\r");
                let squeezed: Vec<_> = line.split_whitespace().collect();
                let ascii = line.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
                assert!(
                    !ascii || output.contains(&squeezed.join(" ")),
                    "{name}: {line}"
                );
            }
        }
        for picture in ["svg.wide", "svg.narrow"] {
            let drawn = all(&page, &format!("{picture} g.event"));
            assert_eq!(drawn.len(), report.timeline.len(), "{name}: {picture}");
        }
        assert_eq!(all(&page, "ol.events li").len(), report.timeline.len());
        let hypotheses = all(&page, "details.hypothesis");
        assert_eq!(hypotheses.len(), report.hypotheses.len(), "{name}");
        let evidence: usize = report.hypotheses.iter().map(|row| row.evidence.len()).sum();
        assert_eq!(all(&page, ".evidence li").len(), evidence, "{name}");
    }
}

#[test]
fn the_verdict_comes_first() {
    for (name, tone, headline, race) in [
        (
            "late-push-252",
            "doubt",
            "Likely: Race condition",
            "This looks like a race condition.",
        ),
        (
            "directory-push-252",
            "bad",
            "Confirmed: The push failed",
            "This does not look like a race condition.",
        ),
        (
            "no-sh-252",
            "doubt",
            "Inconclusive",
            "Whether this was a race condition could not be determined.",
        ),
    ] {
        let page = html(&report(name));
        let page = parse(&page);
        assert_eq!(text(only(&page, "h1")), headline);
        assert_eq!(text(only(&page, ".race")), race);
        assert_eq!(attribute(only(&page, "body"), "class"), tone);
        let title = text(only(&page, "head > title")).to_lowercase();
        assert!(title.starts_with(&headline.to_lowercase()), "{title}");
    }
    let page = html(&report("healthy-252"));
    let page = parse(&page);
    assert_eq!(text(only(&page, "h1")), "Healthy");
    assert_eq!(all(&page, ".race").len(), 0);
}

#[test]
fn exceeded_limits_are_shown() {
    let mut report = report("no-sh-252");
    report.checks[1].severity = Some(Severity::Critical);
    report.checks[1].observed = "97 % used".to_owned();
    report.checks[2].severity = Some(Severity::Warning);
    let page = html(&report);
    let page = parse(&page);
    assert_eq!(text(only(&page, "h1")), "Critical");
    assert_eq!(attribute(only(&page, "body"), "class"), "bad");
    let alarms = all(&page, ".alarm");
    let expected = format!("Critical: {}: 97 % used", report.checks[1].title);
    assert_eq!((alarms.len(), text(alarms[0])), (2, expected));
    let words: Vec<_> = all(&page, "#checks-table .outcome")
        .into_iter()
        .map(text)
        .collect();
    assert_eq!(words[1..3], ["✗ critical", "! warning"]);
}

#[test]
fn the_container_and_the_run_are_described() {
    let mut report = report("late-push-252");
    report.demonstration = Some("late-push".to_owned());
    report.cut_short = Some("interrupted by SIGINT".to_owned());
    report.command_line = ["lxcdiag", "run", "it's"].map(str::to_owned).to_vec();
    let page = html(&report);
    let page = parse(&page);
    let header = text(only(&page, "body > header"));
    for expected in [
        "Demonstration: incident late-push, recorded earlier in a real container. Nothing runs now.",
        "Ended early: interrupted by SIGINT",
        "race-condition: Did the unit file lose a race with systemd?",
        "Container 958 on pve1",
        "unit embedding_server.service (default)",
        "OS Debian GNU/Linux 12 (bookworm)",
        "systemd 252",
        "Proxmox VE 8.4.1",
        "Changed by systemctl daemon-reload systemctl enable -- embedding_server.service",
    ] {
        assert!(header.contains(expected), "{expected}\n{header}");
    }
    let about = text(only(&page, "#about"));
    for expected in [
        &format!("Version lxcdiag {}", report.lxcdiag),
        r"Command line lxcdiag run 'it'\''s'",
        "Transport pct",
        &format!("Started {}", report.started_at),
        &format!("Runbook SHA-256 {}", report.runbook.sha256),
    ] {
        assert!(about.contains(expected), "{expected}\n{about}");
    }
    report.changed.clear();
    report.read_only = true;
    let page = html(&report);
    let header = text(only(&parse(&page), "body > header"));
    assert!(
        header.ends_with("Changed by no declared command (read-only)"),
        "{header}"
    );
}

#[test]
fn evidence_and_remedy_are_shown() {
    let page = html(&report("directory-push-252"));
    let page = parse(&page);
    let evidence = text(only(&page, "#evidence"));
    for expected in [
        "Evidence for the destination of pct push was a directory, not the name of a file; the host's task log: failed to \
         create file: /etc/systemd/system/: Is a directory",
        "Evidence against none",
        "Would change this a successful push of /etc/systemd/system/embedding_server.service",
        "Race condition: unlikely (systemd-not-ready) Evidence for none Evidence against",
    ] {
        assert!(evidence.contains(expected), "{expected}\n{evidence}");
    }
    let commands: String = all(&page, "#remedy pre")[0].text().collect();
    assert!(
        commands.starts_with("( set -ex\n  source=${SOURCE:?"),
        "{commands}"
    );
    assert!(
        commands.ends_with("embedding_server.service\n)"),
        "{commands}"
    );
}

#[test]
fn redactions_are_listed() {
    let mut report = report("late-push-252");
    let about = |report: &_| text(only(&parse(&html(report)), "#about"));
    assert!(about(&report).contains("this report was written with --no-redact"));
    report.redacted = Some(Vec::new());
    assert!(about(&report).contains("no secrets were found"));
    report.redacted = Some(vec![lxcdiag::report::Redaction {
        class: "password".to_owned(),
        place: "checks[unit_file].stdout".to_owned(),
        count: 2,
    }]);
    assert!(about(&report).ends_with("Class Place Count password checks[unit_file].stdout 2"));
}

#[test]
fn controls_are_hidden_without_the_script() {
    let page = html(&report("late-push-252"));
    let page = parse(&page);
    assert_eq!(all(&page, "button").len(), 0);
    for control in all(&page, "input, select") {
        let mut around = control.ancestors().filter_map(scraper::ElementRef::wrap);
        assert!(around.any(|element| element.value().attr("hidden").is_some()));
    }
}
