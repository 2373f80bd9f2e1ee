//! What a sweep writes for a browser and for a CI system.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use regex::Regex;
use roxmltree::{Document, Node};

use crate::environment::Environment;
use crate::sweeps::{environment, sweep};

/// The test cases of each suite, with their results.
fn suites(text: &str) -> Vec<(String, Vec<String>)> {
    let document = Document::parse(text).unwrap();
    let suites = document.root_element().children().filter(Node::is_element);
    let case = |case: Node<'_, '_>| {
        let name = case.attribute("name").unwrap();
        let ending = case.children().find(|child| child.has_attribute("message"));
        match ending {
            None => format!("{name}: passed"),
            Some(ending) => {
                let message = ending.attribute("message").unwrap();
                format!("{name}: {}: {message}", ending.tag_name().name())
            }
        }
    };
    suites
        .map(|suite| {
            let cases: Vec<_> = suite
                .children()
                .filter(|it| it.has_tag_name("testcase"))
                .map(case)
                .collect();
            for (attribute, kind) in [
                ("failures", ": failure: "),
                ("errors", ": error: "),
                ("skipped", ": skipped: "),
            ] {
                let count = cases.iter().filter(|case| case.contains(kind)).count();
                assert_eq!(suite.attribute(attribute), Some(count.to_string().as_str()));
            }
            assert_eq!(
                suite.attribute("tests"),
                Some(cases.len().to_string().as_str())
            );
            (suite.attribute("name").unwrap().to_owned(), cases)
        })
        .collect()
}

/// The links of a page to reports.
fn links(page: &str) -> Vec<String> {
    let page = page.replace("&#x2f;", "/");
    let link = Regex::new(r#"href="\./([^"]*)""#).unwrap();
    let links = link.captures_iter(&page).map(|found| found[1].to_owned());
    // Of those with problems there are two.
    let links: std::collections::BTreeSet<_> = links.collect();
    links.into_iter().collect()
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

fn reports(environment: &Environment) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(environment.path("work/page.reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_ci_system_gets_a_suite_for_each_container() {
    let environment = environment();
    environment.write(
        "work/waivers.yaml",
        "- { container: 103, check: state, reason: replaced soon, until: 2999-12-31 }\n",
    );
    let more = [
        "--all",
        "--output",
        "sweep.xml",
        "--waivers",
        "waivers.yaml",
    ];
    let finished = sweep(&environment, &more);
    assert_eq!(finished.status, Some(2), "{finished}");
    let read_only =
        "repair: Repair it: skipped: it changes the container, and --allow-changes is not given";
    let waived = "state: State: skipped: State: timed out after 2 s (waived until 2999-12-31: replaced soon)";
    let expected: [(u32, &[&str]); 8] = [
        (101, &["verdict: passed", "state: State: passed", read_only]),
        (
            102,
            &[
                "verdict: passed",
                "state: State: failure: State: bad since -24h",
                read_only,
            ],
        ),
        (103, &["verdict: passed", waived, read_only]),
        (
            104,
            &[
                "verdict: passed",
                "state: State: error: State: timed out after 2 s",
                read_only,
            ],
        ),
        (105, &["verdict: skipped: template"]),
        (106, &["verdict: skipped: locked: backup"]),
        // The container was not reached: one error.
        (
            107,
            &[
                "verdict: error: unreachable: the shell in the container ended",
                "state: State: skipped: the shell in the container ended",
                read_only,
            ],
        ),
        (
            201,
            &["verdict: error: unreachable: no address of node pve2 in "],
        ),
    ];
    let suites = suites(&environment.read("work/sweep.xml"));
    assert_eq!(suites.len(), expected.len());
    for ((name, cases), (ct, expected)) in suites.iter().zip(expected) {
        assert_eq!(*name, format!("small in container {ct}"));
        assert_eq!(cases.len(), expected.len(), "{cases:#?}");
        for (case, expected) in cases.iter().zip(expected) {
            assert!(case.starts_with(expected), "{case}\n{expected}");
        }
    }
}

#[test]
fn a_page_links_to_the_report_of_each_container_that_was_visited() {
    let environment = environment();
    let all = ["--all", "--output", "page.html", "--var", "since=-1h"];
    let finished = sweep(&environment, &all);
    assert_eq!(finished.status, Some(2), "{finished}");
    let page = environment.read("work/page.html");
    let there = ["101", "102", "103", "104", "107"].map(|ct| format!("page.reports/{ct}.html"));
    assert_eq!(links(&page)[..], there);
    for link in &there {
        let path = environment.path(&format!("work/{link}"));
        assert_eq!(mode(&path), 0o600);
        let report = std::fs::read_to_string(path).unwrap();
        assert!(report.ends_with("</html>\n"));
    }
    assert_eq!(mode(&environment.path("work/page.reports")), 0o700);
    assert_eq!(mode(&environment.path("work/page.html")), 0o600);
    let report = environment.read("work/page.reports/102.html");
    assert!(report.contains("bad since -1h"), "the report on 102 itself");

    // A container that was not visited this time has no report that looks current.
    let one = ["--ct", "102,106", "--output", "page.html"];
    sweep(&environment, &one);
    assert_eq!(reports(&environment), ["102.html"]);
    assert_eq!(
        links(&environment.read("work/page.html")),
        ["page.reports/102.html"]
    );
}

#[test]
fn a_page_on_stdout_has_no_links() {
    let environment = environment();
    let finished = sweep(&environment, &["--ct", "101", "--format", "html"]);
    assert!(finished.stdout.starts_with("<!doctype html>"), "{finished}");
    assert_eq!(links(&finished.stdout), [""; 0]);
    let quiet = ["--ct", "101", "--format", "html", "--quiet"];
    assert_eq!(sweep(&environment, &quiet).stdout, "");
}

#[test]
fn the_reports_of_a_page_are_redacted() {
    let environment = environment();
    environment.write(
        "work/101",
        "echo found ok; echo PASSWORD=correct-horse-battery\n",
    );
    let finished = sweep(&environment, &["--ct", "101", "--output", "page.html"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    let report = environment.read("work/page.reports/101.html");
    assert!(!report.contains("correct-horse-battery"));
    assert!(report.contains("PASSWORD=[redacted:"), "{report}");
}

#[test]
fn an_unusable_report_directory_ends_the_sweep_before_it_begins() {
    let environment = environment();
    std::os::unix::fs::symlink("/tmp", environment.path("work/page.reports")).unwrap();
    let finished = sweep(&environment, &["--ct", "101", "--output", "page.html"]);
    assert_eq!(finished.status, Some(73), "{finished}");
    assert_eq!(
        finished.stderr,
        "lxcdiag: cannot write page.reports: it is not a directory, or belongs to another user; \
         move it, or use another page\n"
    );
    assert_eq!(environment.pct_calls(), [""; 0]);
}

/// Its link is missing, and the exit status says so.
#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let environment = environment();
    std::fs::create_dir_all(environment.path("work/page.reports/102.html/in-the-way")).unwrap();
    let finished = sweep(&environment, &["--ct", "101-102", "--output", "page.html"]);
    assert_eq!(finished.status, Some(73), "{finished}");
    assert!(
        finished
            .stderr
            .contains("cannot write page.reports/102.html: "),
        "{finished}"
    );
    assert_eq!(
        links(&environment.read("work/page.html")),
        ["page.reports/101.html"]
    );
}

/// The bar is the last line, and messages are printed above it.
#[test]
fn a_progress_bar_is_shown_on_a_terminal() {
    let environment = environment();
    environment.write("state/lxcdiag/runs/102/1795415403500000000.json", "{ torn");
    let more = [
        "./small.yaml",
        "--state",
        "memory",
        "--ct",
        "101-102",
        "--jobs",
        "1",
    ];
    let command = environment.command_as_root(&[&["sweep"], &more[..]].concat());
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
    let envs = command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)));
    let output = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            &words.join(" "),
            "/dev/null",
        ])
        .env_clear()
        .envs(envs)
        .env("TERM", "xterm")
        .current_dir(environment.path("work"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{shown}");
    for expected in [
        "0/2 ",
        " problems: 0; running 101",
        "1/2 ",
        // The bar is removed first.
        "\r\u{1b}[2K WARN cannot read ",
    ] {
        assert!(shown.contains(expected), "{expected:?}\n{shown:?}");
    }
    let (_, end) = shown.rsplit_once("running 102").unwrap();
    assert!(end.contains("\r\u{1b}[2Ksmall: Is all well?"), "{end:?}");
}
