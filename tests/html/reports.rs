//! Reports on recorded incidents.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lxcdiag::evidence::recording::Recording;
use lxcdiag::judge::judge;
use lxcdiag::report::{Format, Layout, Report, render};
use lxcdiag::runbook::{self, Library, Runbook, Source};

static SOURCE: LazyLock<Source> =
    LazyLock::new(|| Library::standard(None).find("race-condition").unwrap());
static RUNBOOK: LazyLock<Runbook> = LazyLock::new(|| runbook::read(&SOURCE).unwrap());

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/tests/recordings")
}

/// The recordings of every incident with one of the three versions of systemd.
pub fn names() -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(recordings())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.retain(|name| name.ends_with("-252"));
    names.sort();
    assert!(names.len() > 30, "{names:?}");
    names
}

/// The report on a recorded incident.
pub fn report(name: &str) -> Report {
    let text = std::fs::read_to_string(recordings().join(format!("{name}.json"))).unwrap();
    let recording: Recording = serde_json::from_str(&text).unwrap();
    let diagnosis = judge(&RUNBOOK, &recording);
    Report::new(&RUNBOOK, &SOURCE.sha256(), &recording, &diagnosis)
}

/// A report as HTML.
pub fn html(report: &Report) -> String {
    let layout = Layout {
        width: 80,
        colour: false,
    };
    render(report, Format::Html, layout)
}
