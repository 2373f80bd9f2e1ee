//! Containers that are broken on purpose, and what the runbook of each subject says. The other runbooks must not name a
//! cause, and the commands that fix it now must repair it.
//!
//! The cases are in `subjects/*.txt`. `LXCDIAG_TEST_SUBJECTS_ONLY=dns-` plays only those with that in their name.

use crate::broken::{cases, wrong_about};

const SUBJECTS: &[(&str, &str)] = &[
    ("device", include_str!("subjects/device.txt")),
    ("dns", include_str!("subjects/dns.txt")),
    ("docker", include_str!("subjects/docker.txt")),
    ("idmap", include_str!("subjects/idmap.txt")),
    ("limits", include_str!("subjects/limits.txt")),
    ("locked", include_str!("subjects/locked.txt")),
    ("nesting", include_str!("subjects/nesting.txt")),
    ("network", include_str!("subjects/network.txt")),
    ("slow", include_str!("subjects/slow.txt")),
    ("storage", include_str!("subjects/storage.txt")),
];

#[test]
fn every_cause_is_named_by_its_runbook_alone() {
    let cases: Vec<_> = SUBJECTS
        .iter()
        .flat_map(|(runbook, text)| cases(runbook, text))
        .collect();
    // How busy the machine of the tests is belongs to no case.
    let runbooks = SUBJECTS.iter().map(|(runbook, _)| *runbook);
    let runbooks: Vec<_> = runbooks.filter(|runbook| *runbook != "slow").collect();
    let only = std::env::var("LXCDIAG_TEST_SUBJECTS_ONLY").unwrap_or_default();
    let wrong = wrong_about(&cases, &only, &runbooks);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
