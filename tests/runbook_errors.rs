//! Every error in a runbook is reported with its position, what is wrong and what to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::fs;
use std::path::Path;

use lxcdiag::runbook::{MAX_BYTES, Source, read};
use proptest::prelude::*;

/// Each file contains the whole expected message, in lines that start with `#= `.
#[test]
fn bad_runbooks_are_refused_with_these_messages() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad-runbooks");
    let mut paths: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 50, "only {} files", paths.len());
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let expected: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("#= "))
            .collect();
        let message = match read(&Source {
            name,
            text: text.clone(),
            built_in: false,
            parts: Vec::new(),
        }) {
            Ok(_) => String::from("it is accepted"),
            Err(errors) => errors.to_string(),
        };
        if message != expected.join("\n") {
            wrong.push(format!("{}:\n{message}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A valid runbook with every feature.
const GOOD: &str = r#"
runbook: race-condition
title: Did the unit file lose a race with systemd?
vars:
  unit: { default: embedding_server.service, about: the unit that could not be enabled, matches: '^[\w:.\\@][\w:.\\@-]*\.(service|socket|timer|path|mount|target)$' }
  dir: { default: /etc/systemd/system, about: where it was pushed to }
  window: { default: 60s, type: duration, about: the longest gap that still counts as a race }
let:
  path: "{{ dir }}/{{ unit | template_of }}"
  visible: interval(stamp.born, earlier(stamp.changed, dir_stamp.modified))
  look: failed_at | default(last_before(reloads.at, visible))
checks:
  - id: unit_file
    title: Show the unit file
    step: 2.10
    run: [cat, "{{ path }}"]
    pass: exit == 0 and stdout | length > 0
    show: "{{ stdout | lines | length }} lines"
  - id: stamp
    title: When the unit file arrived
    run: [stat, -c, "%s %.9W %.9Y %.9Z", "{{ path }}"]
    facts: { match: '^(?<size>\d+) (?<born>\S+) (?<modified>\S+) (?<changed>\S+)$', types: { size: int, born: time, modified: time, changed: time } }
    events: [{ at: changed, what: "{{ unit }} last changed" }]
  - id: dir_stamp
    title: When its directory changed
    run: [stat, -c, "%.9Y", "{{ dir }}"]
    facts: { match: '(?<modified>\S+)', types: { modified: time } }
  - id: reloads
    title: When systemd reloaded
    run: [journalctl, _PID=1, -o, json, --no-pager]
    each: json
    timeout: 10s
    facts: { fields: { at: __REALTIME_TIMESTAMP, message: MESSAGE }, types: { at: time } }
    events: [{ at: at, what: "{{ message }}", if: "'Reloading' in message" }]
  - id: units
    title: Which units are there
    run: [lsblk, --json]
    each: json                                 # any key of an object is a fact
    facts: { types: { size: int } }
    show: "{{ size | length }}"
  - id: enabled
    title: State of the unit in systemd
    run: [systemctl, is-enabled, --, "{{ unit }}"]
    exits: [0, 1]
    facts: { match: ['^(?<state>\w+)$'] }
    pass: { any: [state == 'enabled', { not: exit == 1 }] }
    warn: stdout == ''
    metric: { value: duration, unit: s }
  - id: links
    title: What links to it
    shell: "find /etc/systemd -lname \"$(basename {{ path | quote }})\" | wc -l"
    facts: { match: '(?<count>\d+)', types: { count: int } }
  - id: pushes
    title: What the host logged of the pushes
    host: { tasks: [push_file, vzrestore, vzclone, vzrollback] }
    events: [{ at: begin, what: "{{ type }}: {{ status }}" }]
  - id: properties
    title: What each reload was about
    needs: [reloads]
    for_each: reloads.message
    run: [echo, "{{ item }}"]
    pass: exit == 0 and item in stdout
  - id: reload
    title: Reload by hand
    step: "2.3"
    needs: [unit_file]
    changes: true
    run: [systemctl, daemon-reload]
    pass: exit == 0
  - id: copy_enable
    title: Enable the unit by hand
    step: "2.4"
    needs: [reload]
    changes: true
    run: [systemctl, enable, --, "{{ unit }}"]
    pass: exit == 0
hypotheses:
  - id: race-condition
    race: true
    title: Race condition
    about: The unit file reached the container only after systemd had looked for it.
    explains: [file-missing]
    evidence:
      - if: { all: [ "copy_enable.passed", "before(look, visible)", "gap(look, visible) <= window" ] }
        then: supports
        says: "{{ unit }} became visible {{ gap(look, visible) | duration }} after systemd looked"
      - if: { any: [unit_file.failed, "pushes.status | select('ne', 'OK') | list | length > 0"] }
        then: rules_out
        says: the file does not exist
    remedy: "push {{ path }} first"
    overturned_by: "pct exec {{ ct }} -- stat {{ path }}"
  - id: file-missing
    title: The file is missing
    about: It never arrived.
    evidence: [{ if: unit_file.failed, then: confirms, says: "{{ path }} does not exist" }]
    remedy: push it
healthy: { if: enabled.passed and copy_enable.passed, says: "{{ unit }} is enabled on {{ node }}, {{ units.name | length }} units" }
"#;

fn source(text: &str) -> Source {
    Source {
        name: String::from("x.yaml"),
        text: text.to_owned(),
        built_in: false,
        parts: Vec::new(),
    }
}

fn message(text: &str) -> String {
    read(&source(text)).unwrap_err().to_string()
}

#[test]
fn a_runbook_with_every_feature_is_valid() {
    let runbook = read(&source(GOOD)).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(runbook.checks.len(), 11);
    // Not 2.1, its value as a number.
    assert_eq!(runbook.checks[0].step.as_deref(), Some("2.10"));
}

#[test]
fn windows_line_ends_and_byte_order_marks_are_accepted() {
    let windows = format!("\u{feff}{}", GOOD.replace('\n', "\r\n"));
    assert!(read(&source(&windows)).is_ok());
    let broken = windows.replace("needs: [reload]", "needs: [reloed]");
    assert_eq!(
        message(&broken),
        "x.yaml:73:13: checks[10].needs[0]: unknown check `reloed`\nhint: did you mean `reload`?"
    );
}

#[test]
fn the_size_is_checked_before_parsing() {
    let long = format!("runbook: {}", "x".repeat(MAX_BYTES));
    assert_eq!(
        message(&long),
        "x.yaml: the file is larger than 1 MiB\nhint: check that it is the right file"
    );
    let error = Source::from_bytes("x.yaml", long.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), message(&long));
}

#[test]
fn invalid_utf_8_is_reported_with_its_position() {
    let error = Source::from_bytes("x.yaml", b"runbook: a\ntitle: caf\xe9\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.yaml:2:11: invalid UTF-8: byte 0xe9\nhint: save the file as UTF-8"
    );
}

#[test]
fn the_size_of_aliases_is_limited() {
    // Each line is ten times the line before, in the end a billion values.
    let mut exponential = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..9 {
        let alias = format!("*a{}, ", n - 1).repeat(10);
        exponential.push_str(&format!("a{n}: &a{n} [{alias}]\n"));
    }
    assert_eq!(
        message(&exponential),
        "x.yaml:5:55: a4[9]: more than 100000 values, including those that aliases repeat"
    );
    // The library's own limit does not apply to this one.
    let quadratic = format!(
        "a: &a [{}]\nb: [{}]\n",
        "x,".repeat(200_000),
        "*a,".repeat(150_000)
    );
    assert!(message(&quadratic).contains("more than 100000 values"));
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(500_000),
        "*a,".repeat(100)
    );
    assert!(message(&long).contains("more than 100000 values"));
    assert_eq!(
        message("runbook: &a [*a]\n"),
        "x.yaml:1:14: runbook[0]: an alias cannot refer to a value that contains it"
    );
    let chain: String = (1..1_000)
        .map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1))
        .collect();
    assert!(message(&format!("a0: &a0 x\n{chain}")).contains("nested more than 100 levels"));
}

#[test]
fn deep_nesting_is_refused_without_a_stack_overflow() {
    let levels = 20_000;
    let deep = format!("pass: {}x{}", "{ not: ".repeat(levels), " }".repeat(levels));
    assert_eq!(
        message(&deep),
        "x.yaml:1:700: nested more than 100 levels deep"
    );
    let mut blocks = String::from("pass:\n");
    for level in 0..1_000 {
        blocks.push_str(&format!("{}not:\n", " ".repeat(level + 1)));
    }
    assert_eq!(
        message(&blocks),
        "x.yaml:101:101: nested more than 100 levels deep"
    );
    for bracket in ["[", "{", "[[{", "- ", "? ", "a: &a ", "!x "] {
        let text = bracket.repeat(MAX_BYTES / bracket.len());
        assert!(message(&text).starts_with("x.yaml:1:"), "{bracket}");
    }
    let quoted = "x: [']', ".repeat(MAX_BYTES / 9);
    assert!(message(&quoted).contains("nested more than 100 levels"));
    // libyaml would take minutes.
    let open = "- '['\n".repeat(3_000);
    let broken = format!("{open}# {}\n- @", "x".repeat(MAX_BYTES - 20_000));
    assert!(message(&broken).contains("cannot start with `@`"));
    let brackets = format!("pass: {}1{}", "(".repeat(levels), ")".repeat(levels));
    let good = GOOD.replace("pass: exit == 0 and stdout | length > 0", &brackets);
    assert!(message(&good).contains("invalid expression"));
}

#[test]
fn long_expressions_are_refused_without_a_stack_overflow() {
    let check = "runbook: a\ntitle: A\nchecks:\n  - { id: a, title: A, run: [a], pass: ";
    for part in [
        " + 1", ".a", " ~ a", " | d", " and a", " < 1", "[0]", "()", " is a",
    ] {
        let pass = format!("{check}\"exit{}\" }}", part.repeat(10_000));
        let expected = "x.yaml:4:40: checks[0].pass: invalid expression: more than 2000 tokens\n\
                        hint: split it with `let`";
        assert_eq!(message(&pass), expected, "{part}");
    }
    for part in [
        "- ",
        "not ",
        "(",
        "[",
        "{'}}': ",
        "{% if a %}",
        "{% elif a %}",
        "~'}}'",
    ] {
        let show = format!(
            "{check}exit == 0, show: \"{{{{ exit }}}}{{% if exit {}\" }}",
            part.repeat(10_000)
        );
        assert!(message(&show).contains("more than 2000 tokens"), "{part}");
    }
}

#[test]
fn the_number_of_errors_is_limited() {
    let check = "  - { id: a, title: One, run: [uname], pass: x }\n";
    let text = format!("runbook: many\ntitle: T\nchecks:\n{}", check.repeat(100));
    let errors = read(&source(&text)).unwrap_err();
    assert_eq!((errors.errors.len(), errors.omitted), (50, 149));
    assert!(errors.to_string().ends_with("\nand 149 more errors"));
    let text = format!("runbook: many\ntitle: T\nchecks:\n{}", check.repeat(501));
    assert_eq!(
        message(&text),
        "x.yaml:3:1: checks: 501 entries, but at most 500 are allowed"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(source) = Source::from_bytes("x.yaml", &bytes) {
            let _ = read(&source);
        }
        let _ = read(&source(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn yaml_never_causes_a_panic(pieces in prop::collection::vec(piece(), 0..60)) {
        let _ = read(&source(&pieces.concat()));
    }

    /// A valid runbook in which one piece is replaced.
    #[test]
    fn a_damaged_runbook_never_causes_a_panic(from in 0..GOOD.len(), length in 0..80_usize, put in piece()) {
        let mut text = GOOD.to_owned();
        text.replace_range(from..(from + length).min(GOOD.len()), &put);
        let _ = read(&source(&text));
    }
}

/// A piece of YAML or of a runbook.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        ": ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&a ",
        "*a",
        "!t ",
        "!!int ",
        "| \n",
        "> \n",
        "'",
        "\"",
        "\\",
        "#",
        "%",
        "@",
        "---\n",
        "...\n",
        "<<: ",
        "null",
        "~",
        "0x1F",
        "-1",
        ".nan",
        "1e999",
        "99999999999999999999999",
        "true",
        "runbook: a\n",
        "title: t\n",
        "vars:\n",
        "let:\n",
        "checks:\n",
        "hypotheses:\n",
        "healthy:\n",
        "id: a",
        "run: [a]",
        "shell: ",
        "host: ",
        "tasks: ",
        "facts: ",
        "match: ",
        "(?<a>",
        "pass: ",
        "all: ",
        "not: ",
        "needs: [a]",
        "for_each: ",
        "events: ",
        "{{ ",
        " }}",
        "{% ",
        " | quote",
        "$(",
        "`",
        "\u{feff}",
        "\u{85}",
        "\t",
        "\0",
        "é",
        "\r",
    ];
    prop::sample::select(pieces.to_vec()).prop_map(str::to_owned)
}
