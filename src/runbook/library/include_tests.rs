//! Runbooks with parts, from files.

use std::fs;

use super::*;
use crate::runbook::describe;

const RUNBOOK: &str = "\
runbook: disk
title: Is the disk full?
vars:
  include: ./shared/disk.yaml
let:
  include: [./shared/disk.yaml]
  full: percent_used > 90
checks:
  - { id: first, title: Own check, run: [uname], pass: exit == 0 }
  - include: ./shared/disk.yaml
hypotheses:
  - include: ./shared/disk.yaml
";

const PART: &str = "\
vars:
  dir: { default: /, about: where to look }
let:
  percent_used: free.percent
checks:
  - { id: free, title: How much is free, run: [df, '{{ dir }}'], facts: { match: '(?<percent>\\d+)%', types: { percent: int } } }
hypotheses:
  - id: full
    title: It is full
    about: Nothing more fits.
    evidence: [{ if: percent_used > 90, then: confirms, says: it is }]
    remedy: free it
";

/// The runbook, or the errors in it, with the directory shortened to `…`.
fn read_with(runbook: &str, part: &str) -> Result<(Source, crate::runbook::Runbook), String> {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("shared")).unwrap();
    fs::write(root.path().join("disk.yaml"), runbook).unwrap();
    fs::write(root.path().join("shared/disk.yaml"), part).unwrap();
    let shorten = |text: String| text.replace(root.path().to_str().unwrap(), "…");
    let source =
        read_runbook(&root.path().join("disk.yaml")).map_err(|error| shorten(error.to_string()))?;
    let runbook = read(&source).map_err(|errors| shorten(errors.to_string()))?;
    Ok((source, runbook))
}

fn message(runbook: &str, part: &str) -> String {
    read_with(runbook, part).unwrap_err()
}

#[test]
fn the_entries_of_a_part_stand_where_it_is_included() {
    let (_, runbook) = read_with(RUNBOOK, PART).unwrap();
    let ids: Vec<_> = runbook.checks.iter().map(|check| &check.id).collect();
    assert_eq!(ids, ["first", "free"]);
    let lets: Vec<_> = runbook.lets.keys().collect();
    assert_eq!(lets, ["percent_used", "full"]);
    assert_eq!(runbook.hypotheses[0].id, "full");
    assert!(runbook.vars.contains_key("dir"));
}

#[test]
fn a_description_names_the_file_of_each_included_entry() {
    let (_, runbook) = read_with(RUNBOOK, PART).unwrap();
    let text = describe(&runbook);
    let lines: Vec<_> = text
        .lines()
        .filter(|line| line.contains("[from "))
        .collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines.iter().all(|line| line.ends_with("shared/disk.yaml]")),
        "{text}"
    );
    let own = text
        .lines()
        .find(|line| line.contains("Own check"))
        .unwrap();
    assert!(!own.contains("[from"), "{text}");
}

#[test]
fn a_recorded_runbook_with_parts_can_be_read_again() {
    let (source, runbook) = read_with(RUNBOOK, PART).unwrap();
    let recorded = source.recorded(&runbook.id);
    let again = Source::of_recorded(&recorded);
    assert_eq!(read(&again).unwrap().checks.len(), 2);
    assert_eq!(again.sha256(), recorded.sha256);
    let (other, _) = read_with(RUNBOOK, &PART.replace("free it", "enlarge it")).unwrap();
    assert_ne!(other.sha256(), recorded.sha256);
}

#[test]
fn an_error_in_a_part_has_its_position_in_that_file() {
    assert_eq!(
        message(
            RUNBOOK,
            &PART.replace("title: It is full", "titles: It is full")
        ),
        "…/shared/disk.yaml:9:5: hypotheses[0].titles: unknown key `titles`\nhint: did you mean `title`?"
    );
    assert_eq!(
        message(
            RUNBOOK,
            &PART.replace("if: percent_used", "if: percent_usd")
        ),
        "…/shared/disk.yaml:11:22: hypotheses[0].evidence[0].if: `percent_usd` is not defined\nhint: did you mean `percent_used`?"
    );
    // The first check of the part is the second one of the runbook.
    assert_eq!(
        message(RUNBOOK, &PART.replace("id: free", "id: Free")),
        "…/shared/disk.yaml:4:17: let.percent_used: `free` is not defined\nhint: define it under `vars` or `let`, or add a check with this ID; this runbook has `Free`, `dir`, `first`, `full`, `percent_used`\n\
         …/shared/disk.yaml:6:11: checks[0].id: invalid name `Free`\nhint: use lower-case letters, digits and `_`, and start with a letter, such as `free`"
    );
}

#[test]
fn what_cannot_be_included_is_refused() {
    let other = |from: &str, to: &str| message(&RUNBOOK.replace(from, to), PART);
    assert_eq!(
        other(
            "  - include: ./shared/disk.yaml\nhyp",
            "  - include: nowhere\nhyp"
        ),
        "…/disk.yaml:10:14: checks[1].include: part `nowhere` not found\nhint: name a built-in part, a file in `parts` beside the runbook, or the path of a file, as ./NAME.yaml"
    );
    assert_eq!(
        other("./shared/disk.yaml]", "./shared/disc.yaml]"),
        "cannot read …/shared/disc.yaml: no such file or directory\nhint: …/disk.yaml includes it; the path is relative to that file"
    );
    assert_eq!(
        other("[./shared/disk.yaml]", "5"),
        "…/disk.yaml:6:12: let.include: expected the name of a part, or a list of them"
    );
    assert_eq!(
        other(
            "[./shared/disk.yaml]",
            "[./shared/disk.yaml, ./shared/disk.yaml]"
        ),
        "…/disk.yaml:6:33: let.include[1]: `./shared/disk.yaml` is included twice"
    );
    assert_eq!(
        other("  full: percent", "  percent_used: percent"),
        "…/disk.yaml:7:3: let.percent_used: `percent_used` is also in an included part\nhint: remove or rename one of the two"
    );
    assert_eq!(
        message(RUNBOOK, &PART.replace("vars:", "title: x\nvars:")),
        "…/shared/disk.yaml:1:1: title: unknown key `title`\nhint: a part has `vars`, `let`, `checks`, `remedies`, `hypotheses`"
    );
    assert_eq!(
        message(
            RUNBOOK,
            &PART.replace("checks:", "checks:\n  - include: systemd")
        ),
        "…/shared/disk.yaml:6:5: checks[0].include: a part cannot include another part"
    );
    let without = PART.split("hypotheses:").next().unwrap();
    assert_eq!(
        message(RUNBOOK, without),
        "…/disk.yaml:12:14: hypotheses[0].include: `./shared/disk.yaml` has no `hypotheses`"
    );
    assert_eq!(
        message(RUNBOOK, "[]"),
        "…/shared/disk.yaml:1:1: expected a mapping\nhint: a part has `vars`, `let`, `checks`, `remedies`, `hypotheses`"
    );
}

/// Its author cannot change a built-in part.
#[test]
fn a_built_in_part_that_does_not_fit_is_one_error_where_it_is_included() {
    let own = RUNBOOK.replace(
        "  - include: ./shared/disk.yaml\nhyp",
        "  - include: ./shared/disk.yaml\n  - include: unit-file\nhyp",
    );
    let errors = message(&own, PART);
    let start = "…/disk.yaml:11:14: checks[2].include: the built-in part `unit-file` does not fit this runbook: ";
    assert!(errors.starts_with(start), "{errors}");
    assert!(
        errors.contains("`path` is not defined; `unit` is not defined\n"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 2, "{errors}");
}
