//! The rules, each on its own example; scripts with their expected findings; any text at all.

use std::collections::BTreeSet;

use super::{Finding, Report, Rule, Severity, Source, audit};

fn audit_text(text: &str) -> Report {
    let source = Source {
        path: "script.sh".to_owned(),
        text: text.to_owned(),
    };
    audit(&[source], &|_, _| None)
}

fn findings(text: &str) -> Vec<Finding> {
    audit_text(text).files.remove(0).findings
}

#[test]
fn each_example_shows_its_rule_and_each_fix_is_clean() {
    let mut wrong = Vec::new();
    for rule in Rule::ALL {
        let about = rule.explanation();
        let found: BTreeSet<_> = findings(about.example).iter().map(|f| f.rule).collect();
        if found != BTreeSet::from([rule]) {
            wrong.push(format!("{}: example has {found:?}", rule.name()));
        }
        let found = findings(about.fix);
        let found: Vec<_> = found
            .iter()
            .filter(|f| f.severity != Severity::Note)
            .collect();
        if !found.is_empty() {
            wrong.push(format!("{}: fix has {found:#?}", rule.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Scripts with their expected findings: lines `#= SEVERITY RULE LINE` at the end.
#[test]
fn scripts_have_the_findings_that_they_name() {
    let mut wrong = Vec::new();
    let mut scripts = 0;
    for directory in ["faults", "right", "proven"] {
        let directory = format!("{}/tests/audit/{directory}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "sh") {
                continue;
            }
            scripts += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let expected = text.lines().filter_map(|line| line.strip_prefix("#= "));
            let expected: BTreeSet<String> = expected.map(str::to_owned).collect();
            let source = Source {
                path: path.display().to_string(),
                text,
            };
            let load = |script: &str, file: &str| {
                let path = std::path::Path::new(script).with_file_name(file);
                let text = std::fs::read_to_string(&path).ok()?;
                Some((path.display().to_string(), text))
            };
            let report = audit(&[source], &load);
            let found: BTreeSet<String> = report.files[0]
                .findings
                .iter()
                .map(|f| format!("{} {} {}", f.severity.name(), f.rule.name(), f.line))
                .collect();
            for missing in expected.difference(&found) {
                wrong.push(format!("{}: missing: {missing}", path.display()));
            }
            for surplus in found.difference(&expected) {
                wrong.push(format!("{}: not expected: {surplus}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(scripts >= 2, "no scripts were read");
}

mod any_text {
    use proptest::prelude::*;

    use super::audit_text;

    /// Pieces of scripts, in any order.
    fn script() -> impl Strategy<Value = String> {
        let pieces = prop::sample::select(vec![
            "pct push 958 a /etc/systemd/system/",
            "pct exec $CT -- bash -c '",
            "\"",
            "'",
            "$(",
            ")",
            "{",
            "}",
            "((",
            "if ",
            "; then ",
            " fi\n",
            "for x in *; do ",
            "done\n",
            "case $x in\n",
            " a) ",
            ";;\n",
            "esac\n",
            "<<EOF\n",
            "EOF\n",
            "<<-'X'\n",
            "X\n",
            "\\",
            "\n",
            "\r\n",
            " && ",
            " || ",
            " | ",
            " & ",
            ";",
            "select x in 1; do ",
            "exec &> >(tee l)\n",
            "f() ",
            "f ",
            "\"$@\"",
            "${a[@]}",
            "${x##*/}",
            "${x:-",
            "$((",
            "systemctl enable x",
            "#",
            "`",
            "é",
            "\u{f0000}",
            "\0",
            "[[ -f x ]]",
            "while read -r y; do ",
            "eval ",
            "source x\n",
            "set -e\n",
            "local z=",
            "trap f EXIT\n",
            "pct start 958\n",
            "sleep 1\n",
            "wait\n",
            "> /etc/systemd/system/a.service ",
            "{a,b}",
            "xargs -P 4 -I{} ",
            "ssh h ",
            "function g { ",
            "!",
            "~",
            "2>&1",
            "$'\\n'",
        ]);
        prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn of_a_script_gives_a_report(text in script()) {
            let lines = text.lines().count().max(1);
            for file in audit_text(&text).files {
                for finding in file.findings {
                    prop_assert!((1..=lines).contains(&finding.line), "{finding:?}");
                }
            }
        }

        #[test]
        fn of_any_kind_gives_a_report(text in any::<String>()) {
            audit_text(&text);
        }
    }
}

#[test]
fn the_document_has_every_rule_with_its_example() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
    let document = ["audit-push.md", "audit-commands.md"]
        .map(|name| std::fs::read_to_string(format!("{directory}/{name}")).unwrap())
        .concat();
    for rule in Rule::ALL {
        let name = rule.name();
        let Some((_, section)) = document.split_once(&format!("\n### {name}\n")) else {
            panic!("the documents have no section for {name}");
        };
        let section = section.split("\n### ").next().unwrap();
        let about = rule.explanation();
        for text in [about.example, about.fix] {
            let block = format!("```bash\n{text}```\n");
            assert!(section.contains(&block), "{name}: no block with\n{text}");
        }
    }
}

/// The parser would take years.
#[test]
fn nested_subshells_are_limited() {
    let text = format!("{}true{}\n", "( ".repeat(60), "; )".repeat(60));
    let file = audit_text(&text).files.remove(0);
    assert_eq!(file.not_followed.len(), 1);
}

/// Each command doubles a value: after 60, it would fill any memory.
#[test]
fn values_that_grow_are_limited() {
    let doubling = [
        ("a=x", "a=$a$a"),
        ("a=x", "a+=$a"),
        ("a=(x)", "a+=(\"${a[@]}\")"),
        ("a=x", "a=${a//x/xx}"),
        ("a=x", "a=${a^^}${a^^}"),
        ("set -- x", "set -- \"$@\" \"$@\""),
        ("a=x", "a=$(echo \"$a\" \"$a\")"),
        ("a=x", "printf -v a '%s %s' $a $a"),
    ];
    let fault = "pct push 101 a.service /etc/systemd/system/\n";
    for (first, again) in doubling {
        let text = format!("{first}\n{}{fault}", format!("{again}\n").repeat(60));
        let found = findings(&text);
        let rules: Vec<_> = found.iter().map(|finding| finding.rule).collect();
        assert_eq!(rules, [Rule::PushDirectory], "{again}");
    }
}
