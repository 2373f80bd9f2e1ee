//! What the documents say, held against the code.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use lxcdiag::runbook::scope_names;
use regex::Regex;

use crate::documents;

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// Every first group of a pattern in a text.
fn all(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern
        .captures_iter(text)
        .map(|found| found[1].to_owned())
        .collect()
}

#[test]
fn the_exit_codes_are_those_of_the_code() {
    let code = include_str!("../../src/cli/exit_code.rs");
    let code = code.split_once("pub enum ExitCode").unwrap().1;
    let code = code.split_once("\n}\n").unwrap().0;
    let pair = Regex::new(r"/// (.*)\.\n    \w+ = (\d+),").unwrap();
    let meant: Vec<_> = pair
        .captures_iter(code)
        .map(|found| (found[2].to_owned(), found[1].to_owned()))
        .collect();
    assert_eq!(meant.len(), code.matches(" = ").count(), "{meant:?}");
    let row = Regex::new(r"(?m)^\| (\d+) \| (.*) \|$").unwrap();
    let told: Vec<_> = row
        .captures_iter(&document("README.md"))
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect();
    assert_eq!(told, meant);
}

#[test]
fn the_version_of_rust_is_that_of_the_manifest() {
    let manifest = document("Cargo.toml");
    let wanted = &all(r#"rust-version = "(.*)""#, &manifest)[0];
    for name in ["README.md", "docs/tutorial.md"] {
        let told = all(r"Rust (\d+\.\d+)", &document(name));
        assert_eq!(told, std::slice::from_ref(wanted), "{name}");
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let capture = include_str!("../../src/container/capture.rs");
    let kept: Vec<_> = all(r"(?:head|tail): (\d+) \* 1024", capture)
        .iter()
        .map(|kib| kib.parse::<u32>().unwrap())
        .collect();
    let safety = document("docs/safety.md");
    let told = format!(
        "{} KiB of stdout and {} KiB of stderr",
        kept[0] + kept[1],
        kept[2] + kept[3]
    );
    assert!(safety.contains(&told), "{told}");

    let reports = document("docs/reports.md");
    for (pattern, code, told) in [
        (
            r"OUTPUT: usize = (\d+) \* 1024",
            include_str!("../../src/report/html/text.rs"),
            "the last # KiB each",
        ),
        (
            r"FIELD: usize = (\d+)",
            include_str!("../../src/report/html.rs"),
            "at most # characters",
        ),
        (
            r"MOMENTS: usize = (\d+)",
            include_str!("../../src/report/html.rs"),
            "more than # moments",
        ),
    ] {
        let told = told.replace('#', &all(pattern, code)[0]);
        assert!(reports.contains(&told), "{told}");
    }

    let reference = document("docs/runbooks.md");
    let timeout = format!("`{}s` by default", lxcdiag::runbook::DEFAULT_TIMEOUT);
    assert!(reference.contains(&timeout), "{timeout}");
    let size = format!("at most {} MiB", lxcdiag::runbook::MAX_BYTES >> 20);
    assert!(reference.contains(&size), "{size}");
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

#[test]
fn the_readme_leads_to_every_document() {
    let readme = document("README.md");
    for (path, _) in documents() {
        let path = path.to_str().unwrap();
        assert!(
            path == "README.md" || readme.contains(&format!("]({path})")),
            "{path}"
        );
    }
}

#[test]
fn every_explanation_is_described_races_first() {
    let runbook: serde_json::Value =
        serde_yaml::from_str(&document("runbooks/race-condition.yaml")).unwrap();
    let hypotheses = runbook["hypotheses"].as_array().unwrap();
    let headings: Vec<_> = hypotheses
        .iter()
        .map(|hypothesis| {
            let id = hypothesis["id"].as_str().unwrap();
            let race = hypothesis["race"].as_bool().unwrap_or(false);
            format!("{id}{}", if race { " (a race)" } else { "" })
        })
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
    let runbook: serde_json::Value =
        serde_yaml::from_str(&document("runbooks/unit-failed.yaml")).unwrap();
    let hypotheses = runbook["hypotheses"].as_array().unwrap();
    let ids: Vec<_> = hypotheses
        .iter()
        .map(|hypothesis| hypothesis["id"].as_str().unwrap())
        .collect();
    let text = document("docs/unit-failed.md");
    let rows = all(r"(?m)^\| ([a-z-]{4,}) \|", &text);
    assert_eq!(rows[1..], ids, "below the head of the table");
}

/// Every runbook that is inside is in the table of those that are, and has its tests.
#[test]
fn every_runbook_inside_is_described_and_tested() {
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
    for name in names {
        assert!(root.join(format!("tests/{name}.yaml")).is_file(), "{name}");
    }
}

/// Commands in the middle of a sentence, without what stands for something else.
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
    assert!(count > 20, "{count}: they are not found any more");
}

#[test]
fn every_option_in_a_sentence_is_one() {
    let mut known = BTreeSet::from(["--root".to_owned(), "--user".to_owned()]);
    let commands = [
        "run", "sweep", "judge", "diff", "test", "list", "show", "validate",
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
    for (path, text) in documents() {
        for option in all(r"`(--[a-z-]+)", &text) {
            assert!(known.contains(&option), "{}: {option}", path.display());
        }
        for option in all(r"`lxcdiag [^`]*(--[a-z-]+)", &text) {
            assert!(known.contains(&option), "{}: {option}", path.display());
        }
    }
}

/// Every key of a runbook and of its tests, every name, function and fact.
#[test]
fn the_reference_has_everything() {
    let text = document("docs/runbooks.md");
    let mut wanted = BTreeSet::new();
    let model = include_str!("../../src/runbook/model.rs");
    let tests = include_str!("../../src/judge/expectation.rs");
    let tests = tests.split_once("impl Expectation").unwrap().0;
    // Some are called otherwise in Rust.
    let in_rust = [
        "lets",
        "kind",
        "patterns",
        "condition",
        "effect",
        "id",
        "checks",
    ];
    for key in [
        all(r"(?m)^    pub (\w+):", model),
        all(r#"rename = "(\w+)""#, model),
        all(r"(?m)^    pub (\w+):", tests),
    ]
    .concat()
    {
        if !in_rust.contains(&key.as_str()) {
            wanted.insert(format!("`{key}"));
        }
    }
    let functions = include_str!("../../src/expression/functions.rs");
    for name in all(r#"add_(?:function|filter|test)\(\s*"(\w+)""#, functions) {
        wanted.insert(name);
    }
    for names in [
        scope_names::GLOBALS,
        scope_names::OWN,
        scope_names::CHECK_ATTRIBUTES,
        scope_names::CHANGE_FIELDS,
        scope_names::CONTAINER_FACTS,
        scope_names::NODE_FACTS,
        scope_names::TASK_FACTS,
        scope_names::SOURCE_FACTS,
    ] {
        wanted.extend(names.iter().map(|name| (*name).to_owned()));
    }
    for name in &wanted {
        let whole = Regex::new(&format!(r"{}\b", regex::escape(name))).unwrap();
        assert!(whole.is_match(&text), "docs/runbooks.md lacks {name}");
    }
    assert!(wanted.len() > 80, "{}: {wanted:?}", wanted.len());
}
