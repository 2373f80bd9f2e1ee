//! What the documents state, compared with what lxcdiag does.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use lxcdiag::runbook::{Hypothesis, read, read_runbook, scope_names};
use regex::Regex;

use crate::documents;
use crate::follow::Place as _;
use crate::sandbox::Sandbox;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The first group of every match of a pattern.
fn all(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

/// The documented exit statuses, each with a command that ends with it. tests/cli/interrupted.rs has the two that need a
/// signal.
#[test]
fn every_documented_exit_status_occurs() {
    const BY_SIGNAL: [i32; 2] = [130, 143];
    let sandbox = Sandbox::new();
    sandbox.edit("bad.yaml", "runbook: bad\n");
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    let cases = [
        (0, "lxcdiag list"),
        (1, "lxcdiag run race-condition --ct 958 --demo=late-push"),
        (
            2,
            "lxcdiag run race-condition --ct 958 --demo=directory-push",
        ),
        (
            3,
            "lxcdiag run race-condition --ct 958 --read-only --timeout 1ms",
        ),
        (64, "lxcdiag run"),
        (65, "lxcdiag validate bad.yaml"),
        (69, "lxcdiag run race-condition --ct 959"),
        (73, "lxcdiag list >/dev/full"),
        (
            77,
            &format!("{nobody} $(command -v lxcdiag) run race-condition --ct 958"),
        ),
    ];
    for (status, line) in &cases {
        let output = sandbox.sh(line);
        assert_eq!(output.status.code(), Some(*status), "{line}: {output:?}");
    }
    let rows = all(r"(?m)^\| (\d+) \| .* \|$", &document("docs/usage.md"));
    let statuses = cases.iter().map(|(status, _)| *status).chain(BY_SIGNAL);
    assert_eq!(
        rows,
        statuses
            .map(|status| status.to_string())
            .collect::<Vec<_>>()
    );
}

#[test]
fn the_version_of_rust_is_that_of_the_manifest() {
    for name in ["README.md", "docs/tutorial.md"] {
        let versions = all(r"Rust (\d+\.\d+)", &document(name));
        assert_eq!(versions, [env!("CARGO_PKG_RUST_VERSION")], "{name}");
    }
}

#[test]
fn the_limits_of_a_runbook_are_the_documented_ones() {
    let reference = document("docs/runbooks.md");
    let timeout = format!("`{}s` by default", lxcdiag::runbook::DEFAULT_TIMEOUT);
    assert!(reference.contains(&timeout), "{timeout}");
    let size = format!("at most {} MiB", lxcdiag::runbook::MAX_BYTES >> 20);
    assert!(reference.contains(&size), "{size}");
}

/// A command that prints more than is kept, compared with the limits in docs/safety.md.
#[test]
fn as_much_output_is_kept_as_documented() {
    let kept = Regex::new(r"(\d+) KiB of stdout and (\d+) KiB of stderr of each command").unwrap();
    let safety = document("docs/safety.md");
    let documented = kept.captures(&safety).unwrap();
    let sandbox = Sandbox::new();
    let flood = "runbook: flood
title: x
checks:
  - { id: flood, title: x, shell: 'line=$(printf %0999d 0); yes $line | head -c 2000000; yes $line | head -c 2000000 >&2', pass: exit == 0 }
";
    sandbox.edit("flood.yaml", flood);
    let output =
        sandbox.sh("lxcdiag run ./flood.yaml --ct 958 --record flood.json >&2 && cat flood.json");
    let recording: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (group, stream) in [(1, "stdout"), (2, "stderr")] {
        let stream = &recording["attempts"][0][stream];
        let number = |key: &str| stream[key].as_u64().unwrap();
        let kept = number("written") - number("dropped");
        let documented: u64 = documented[group].parse().unwrap();
        // Lines are not split, and a line break counts twice.
        assert!(
            (documented * 1024 - 3000..=documented * 1024).contains(&kept),
            "{kept}"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    for (path, text) in documents() {
        for link in all(r"\]\(([^)]*)\)", &text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                path.clone()
            } else {
                path.parent().unwrap().join(file)
            };
            let target = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
            let there = std::fs::read_to_string(&target)
                .unwrap_or_else(|error| panic!("{}: {link}: {error}", path.display()));
            let headings: Vec<_> = all(r"(?m)^#+ (.*)$", &there)
                .iter()
                .map(|heading| heading.to_lowercase().replace(' ', "-"))
                .collect();
            assert!(
                heading.is_empty() || headings.iter().any(|known| known == heading),
                "{}: {link}: no such heading",
                path.display()
            );
        }
    }
}

/// Paths in CONTRIBUTING.md, without those with a placeholder.
#[test]
fn every_path_in_the_guide_for_contributors_exists() {
    let text = document("CONTRIBUTING.md");
    let paths = all(
        r"`((?:src|tests|docs|runbooks|benches|\.ci)/[a-z_/.-]+)`",
        &text,
    );
    assert!(paths.len() > 15, "{paths:?}");
    for path in paths {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        assert!(path.exists(), "{}", path.display());
    }
}

#[test]
fn the_contents_lead_to_every_document() {
    let contents = document("docs/SUMMARY.md");
    for (path, _) in documents() {
        let Some(name) = path.to_str().unwrap().strip_prefix("docs/") else {
            continue;
        };
        let linked = contents.contains(&format!("]({name})"));
        assert!(linked || name == "SUMMARY.md", "{name}");
    }
}

#[test]
fn every_explanation_is_described_races_first() {
    let headings: Vec<_> = hypotheses("race-condition")
        .iter()
        .map(|one| format!("{}{}", one.id, if one.race { " (a race)" } else { "" }))
        .collect();
    let text = document("docs/hypotheses.md");
    assert_eq!(all(r"(?m)^## (.*)$", &text), headings);
    for part in ["What", "Why", "See", "Fix", "Example"] {
        let count = text.matches(&format!("\n**{part}.** ")).count();
        assert_eq!(count, headings.len(), "{part}");
    }
}

#[test]
fn every_explanation_of_unit_failed_is_described() {
    let ids: Vec<_> = hypotheses("unit-failed")
        .into_iter()
        .map(|one| one.id)
        .collect();
    let text = document("docs/unit-failed.md");
    let rows = all(r"(?m)^\| ([a-z-]{4,}) \|", &text);
    assert_eq!(rows[1..], ids, "below the head of the table");
}

/// The hypotheses of a built-in runbook, with those that it includes.
fn hypotheses(name: &str) -> Vec<Hypothesis> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("runbooks/{name}.yaml"));
    read(&read_runbook(&path).unwrap()).unwrap().hypotheses
}

/// Every built-in runbook is in the table, and has tests.
#[test]
fn every_built_in_runbook_is_described_and_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks");
    let text = document("docs/shipped.md");
    let mut names: Vec<_> = all(r"(?m)^\| `([a-z-]+)` \|", &text);
    names.sort();
    let mut there: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    there.sort();
    assert_eq!(names, there);
    // One that only chooses among others has no verdict of its own.
    let judges = |name: &&String| !hypotheses(name).is_empty();
    for name in names.iter().filter(judges) {
        assert!(root.join(format!("tests/{name}.yaml")).is_file(), "{name}");
    }
}

/// Commands within sentences, without those with a placeholder.
#[test]
fn commands_in_sentences_are_commands_of_a_shell() {
    let mut count = 0;
    for (path, text) in documents() {
        let inline = all(
            r"`((?:pct|systemctl|systemd-analyze|journalctl|stat|find|df|cat|ls|readlink) [^`]*)`",
            &text,
        );
        for command in inline.iter().filter(|command| !command.contains('…')) {
            assert!(
                crate::follow::is_whole(command),
                "{}: {command}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count}: the pattern no longer finds them");
}

#[test]
fn every_option_in_a_sentence_is_one() {
    let mut known = BTreeSet::from(["--root".to_owned(), "--user".to_owned()]);
    let commands = [
        "run",
        "fix",
        "sweep",
        "judge",
        "diff",
        "test",
        "list",
        "show",
        "validate",
        "audit",
        "trace",
        "completions",
        "man",
    ];
    for command in commands.map(Some).into_iter().chain([None]) {
        let output = Command::new(env!("CARGO_BIN_EXE_lxcdiag"))
            .args(command)
            .arg("--help")
            .output()
            .unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        known.extend(all(r"(--[a-z-]+)", &help));
    }
    let lab = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab");
    let output = Command::new(lab).arg("help").output().unwrap();
    known.extend(all(
        r"(--[a-z-]+)",
        &String::from_utf8(output.stdout).unwrap(),
    ));
    for (path, text) in documents() {
        for option in all(r"`(--[a-z-]+)", &text) {
            assert!(known.contains(&option), "{}: {option}", path.display());
        }
        for option in all(r"`lxcdiag [^`]*(--[a-z-]+)", &text) {
            assert!(known.contains(&option), "{}: {option}", path.display());
        }
    }
}

/// The documents that describe the keys of a runbook and of its tests.
fn reference() -> String {
    ["runbooks", "runbook-verdicts", "runbook-tools"]
        .map(|name| document(&format!("docs/{name}.md")))
        .concat()
}

/// Each mapping of a runbook and of its tests, with an unknown key: the message lists the known ones.
#[test]
fn the_reference_has_every_key() {
    let text = reference();
    let sandbox = Sandbox::new();
    let check = "id: a, title: a, run: [uname]";
    let hypotheses = |evidence: &str| {
        format!(
            "checks: [{{ {check} }}]\nhypotheses: [{{ id: a, title: a, about: a, remedy: a, evidence: [{evidence}] }}]"
        )
    };
    let mut keys = 0;
    for (command, mapping) in [
        ("validate", "nokey: 1".to_owned()),
        ("validate", "vars: { a: { nokey: 1 } }".to_owned()),
        ("validate", "checks: [{ nokey: 1 }]".to_owned()),
        (
            "validate",
            format!("checks: [{{ {check}, facts: {{ nokey: 1 }} }}]"),
        ),
        (
            "validate",
            format!("checks: [{{ {check}, metric: {{ nokey: 1 }} }}]"),
        ),
        (
            "validate",
            format!("checks: [{{ {check}, events: [{{ nokey: 1 }}] }}]"),
        ),
        ("validate", "hypotheses: [{ nokey: 1 }]".to_owned()),
        ("validate", hypotheses("{ nokey: 1 }")),
        ("validate", "healthy: { nokey: 1 }".to_owned()),
        ("test", "nokey: 1".to_owned()),
        ("test", "tests: [{ nokey: 1 }]".to_owned()),
    ] {
        let title = if command == "test" { "" } else { "title: a\n" };
        sandbox.edit("keys.yaml", &format!("runbook: a\n{title}{mapping}\n"));
        let output = sandbox.sh(&format!("lxcdiag {command} keys.yaml"));
        assert_eq!(output.status.code(), Some(65), "{mapping}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let (_, known) = stderr
            .split_once("`nokey`")
            .unwrap_or_else(|| panic!("{stderr}"));
        let known = all(r"`(\w+)`", known);
        assert!(!known.is_empty(), "{stderr}");
        for key in known {
            let whole = Regex::new(&format!(r"`{key}\b")).unwrap();
            assert!(whole.is_match(&text), "the reference lacks {key}");
            keys += 1;
        }
    }
    assert!(keys > 50, "{keys}");
}

#[test]
fn the_reference_has_every_name_and_fact() {
    let text = reference();
    for name in [
        scope_names::GLOBALS,
        scope_names::OWN,
        scope_names::CHECK_ATTRIBUTES,
        scope_names::CHANGE_FIELDS,
        scope_names::CONTAINER_FACTS,
        scope_names::NODE_FACTS,
        scope_names::TASK_FACTS,
        scope_names::SOURCE_FACTS,
    ]
    .concat()
    {
        let whole = Regex::new(&format!(r"\b{name}\b")).unwrap();
        assert!(whole.is_match(&text), "the reference lacks {name}");
    }
}

#[test]
fn every_function_in_the_reference_exists() {
    let text = document("docs/runbooks.md");
    let sandbox = Sandbox::new();
    let table = text.split_once("| function or filter | gives |").unwrap().1;
    let table = table.split_once("\n\n").unwrap().0;
    let mut expressions = all(r"`(\w+)\(", table);
    let functions = expressions.len();
    expressions.iter_mut().for_each(|name| name.push_str("()"));
    expressions.extend(
        all(r"`\\\| (\w+)", table)
            .iter()
            .map(|name| format!("1 | {name}")),
    );
    expressions.extend(
        all(r"`is (\w+)", table)
            .iter()
            .map(|name| format!("1 is {name}('')")),
    );
    assert!(functions > 8 && expressions.len() > 20, "{expressions:?}");
    for expression in expressions {
        let runbook = format!(
            "runbook: a\ntitle: a\nlet: {{ b: \"{expression}\" }}\n\
             checks: [{{ id: a, title: a, run: [uname], pass: exit == 0 }}]\n"
        );
        sandbox.edit("functions.yaml", &runbook);
        let output = sandbox.sh("lxcdiag validate functions.yaml");
        assert!(output.status.success(), "{expression}: {output:?}");
    }
}

/// A copied recipe must not bring a mistake or an untested condition along.
#[test]
fn every_recipe_is_free_of_warnings_and_wholly_tested() {
    let sandbox = Sandbox::new();
    let validated = sandbox.sh("lxcdiag validate --strict docs/recipes");
    assert_eq!(validated.status.code(), Some(0), "{validated:?}");
    let tested = sandbox.sh("lxcdiag test docs/recipes/tests --coverage --format json");
    assert_eq!(tested.status.code(), Some(0), "{tested:?}");
    let results: serde_json::Value = serde_json::from_slice(&tested.stdout).unwrap();
    let recipes = document("docs/recipes.md");
    let names = all(r"\]\(recipes/([a-z-]+)\.yaml\)", &recipes);
    let mut covered = Vec::new();
    for coverage in results["coverage"].as_array().unwrap() {
        assert_eq!(coverage["gaps"], serde_json::json!([]), "{coverage:#}");
        covered.push(coverage["runbook"].as_str().unwrap());
    }
    covered.sort_unstable();
    let mut names: Vec<_> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(covered, names);
}
