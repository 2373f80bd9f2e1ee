//! Containers that are broken on purpose, and what `health` says about each. The cases are in `health/*.txt`.
//! `LXCDIAG_TEST_HEALTH_ONLY=route` plays only those with that in their name.

use crate::broken::{cases, wrong_about};

#[test]
fn every_fault_is_named() {
    let files = [
        include_str!("health/network.txt"),
        include_str!("health/node.txt"),
        include_str!("health/storage.txt"),
        include_str!("health/units.txt"),
    ];
    let cases: Vec<_> = files
        .iter()
        .flat_map(|text| cases("health", text))
        .collect();
    let only = std::env::var("LXCDIAG_TEST_HEALTH_ONLY").unwrap_or_default();
    let wrong = wrong_about(&cases, &only, &[]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
