//! Whatever a container prints, lxcdiag needs at most 64 MiB of memory.

use std::io::Read as _;
use std::process::Stdio;

use crate::environment::Environment;

const MOST_KIB: u64 = 64 << 10;

/// Prints a text on both streams until each has about 1.2 MB.
const FLOOD: &str = r#"text=$(printf '%b' "$1")
i=0
while [ $i -lt 14 ]; do text=$text$text i=$((i + 1)); done
i=0
while [ $i -lt 80 ]; do printf %s "$text"; i=$((i + 1)); done | head -c 1200000 | tee /dev/stderr
"#;

/// Many commands that print this text, then lists of 60,000 short lines, each of them a fact.
fn write_runbook(environment: &Environment, text: &str) {
    environment.write("flood", FLOOD);
    let flood = environment.path("flood");
    let flood = flood.display();
    let mut runbook = "runbook: flood\ntitle: Flood\nchecks:\n".to_owned();
    for number in 0..2 {
        runbook += &format!(
            "  - id: lines{number}\n    title: Lines\n    run: [seq, '60000']\n    each: line\n    \
             facts: {{ match: '^(?<name>\\S+)' }}\n    pass: records | length < 60000\n"
        );
    }
    for number in 0..20 {
        runbook += &format!(
            "  - {{ id: flood{number}, title: Flood, run: [sh, {flood}, '{text}'], pass: exit == 0, show: '{{{{ stderr }}}}' }}\n"
        );
    }
    environment.write("work/flood.yaml", &runbook);
}

/// The highest memory use of a run in KiB, read while it waits for somebody to read its report, and the report.
fn run(environment: &Environment, options: &[&str]) -> (u64, String) {
    let run = [&["run", "./flood.yaml", "--ct", "958"], options].concat();
    measured(environment, &run)
}

fn measured(environment: &Environment, arguments: &[&str]) -> (u64, String) {
    let mut command = environment.command_as_root(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut report = vec![0];
    stdout.read_exact(&mut report).unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    stdout.read_to_end(&mut report).unwrap();
    child.wait().unwrap();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|kib| kib.trim().strip_suffix("kB"))
        .unwrap();
    (
        peak.trim().parse().unwrap(),
        String::from_utf8(report).unwrap(),
    )
}

#[test]
fn hostile_output_of_every_command_takes_at_most_64_mib() {
    for text in [r"\033", "z", r"\377", "p=x1 "] {
        let environment = Environment::new();
        write_runbook(&environment, text);
        let saved = ["--record", "r.json", "--bundle", "b.tar.gz"];
        let saved = [&["--format", "json"], &saved[..]].concat();
        for options in [&["--format", "junit"], &saved[..]] {
            let (peak, report) = run(&environment, options);
            assert!(report.len() > 1_000_000, "{text}: {} bytes", report.len());
            assert!(peak <= MOST_KIB, "{text} {options:?}: {peak} KiB of memory");
        }
        for (file, most) in [("r.json", 4 << 20), ("b.tar.gz", 4 << 20)] {
            let size = std::fs::metadata(environment.path("work").join(file));
            assert!(size.unwrap().len() <= most, "{text}: {file}");
        }
    }
}

/// The runs of several runbooks are in memory together.
#[test]
fn hostile_output_takes_no_more_if_several_runbooks_run() {
    let environment = Environment::new();
    write_runbook(&environment, "p=x1 ");
    let flood = std::fs::read_to_string(environment.path("work/flood.yaml")).unwrap();
    let mut next = String::new();
    for number in 0..6 {
        let name = format!("flood-{number}");
        let copy = flood.replacen("runbook: flood", &format!("runbook: {name}"), 1);
        environment.write(&format!("work/{name}.yaml"), &copy);
        next += &format!("  - {{ run: {name} }}\n");
    }
    let auto =
        "runbook: auto\ntitle: x\nchecks: [{ id: container, title: x, host: container }]\nnext:\n";
    environment.write("work/auto.yaml", &format!("{auto}{next}"));
    let books = environment.path("work");
    let (peak, report) = measured(
        &environment,
        &[
            "958",
            "--runbooks",
            books.to_str().unwrap(),
            "--format=json",
            "--record=r.json",
            "--bundle=b.tar.gz",
        ],
    );
    assert!(report.len() > 1_000_000, "{} bytes", report.len());
    assert!(peak <= MOST_KIB, "{peak} KiB of memory");
    let recording = std::fs::read_to_string(environment.path("work/r.json")).unwrap();
    assert!(recording.contains("not run: the run has its 2 MiB of output already"));
}

#[test]
fn facts_beyond_the_limit_are_unknown() {
    let environment = Environment::new();
    write_runbook(&environment, "z");
    let (_, report) = run(&environment, &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let checks = report["checks"].as_array().unwrap();
    for lines in &checks[..2] {
        assert_eq!(lines["outcome"], "errored", "{}", lines["reason"]);
        assert_eq!(
            lines["reason"],
            "its output contains more facts than a run keeps (10000, with 2 MiB of text)"
        );
    }
    let first_flood = &checks[2];
    assert_eq!(first_flood["stdout_bytes"], 1_200_000);
    assert_eq!(
        first_flood["outcome"], "passed",
        "{}",
        first_flood["reason"]
    );
    assert_eq!(first_flood["observed"], "(unknown)");
    let last = checks.last().unwrap();
    assert_eq!(last["outcome"], "errored");
    assert_eq!(
        last["reason"],
        "not run: the run has its 2 MiB of output already"
    );
}
