//! Every scenario of the lab, with the expected verdict.
//!
//! Each is injected once and diagnosed up to three times: without changes, with the time of the failure, and with changes.
//! The verdict is the same each time; only the time of the failure confirms a race.

use std::collections::BTreeSet;
use std::process::Command;

use crate::expected::{ELSEWHERE, EXPECTED, Expected, UNPRIVILEGED, difference};
use crate::lab::{Container, succeed};

#[test]
fn every_scenario_has_its_verdict() {
    let output = succeed(
        Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab")).arg("scenarios"),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let scenarios: BTreeSet<_> = text
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let expected: BTreeSet<_> = EXPECTED
        .iter()
        .chain(UNPRIVILEGED)
        .map(|expected| expected.scenario)
        .chain(ELSEWHERE)
        .collect();
    assert_eq!(scenarios, expected);
}

fn is_right(container: &Container, expected: &Expected) {
    let injected = container.inject(expected.scenario, &["--delay", "0.3"]);
    let mut wrong = Vec::new();
    let ended = container.diagnose(&["--read-only"]);
    wrong.extend(difference("--read-only", &ended, expected.unaided));
    if let Some(failed_at) = &injected.failed_at {
        let ended = container.diagnose(&["--read-only", "--failed-at", failed_at]);
        wrong.extend(difference("--failed-at", &ended, expected.told()));
    }
    let ended = container.diagnose(&[]);
    wrong.extend(difference("changing", &ended, expected.unaided));
    container.assert_nothing_left();
    assert!(
        wrong.is_empty(),
        "{}:\n - {}",
        expected.scenario,
        wrong.join("\n - ")
    );
}

/// A test for each, so that they run in parallel and each failure has its name.
macro_rules! scenarios {
    ($table:ident on $container:ident: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let scenario = stringify!($name).replace('_', "-");
                let expected = crate::expected::$table.iter().find(|expected| expected.scenario == scenario);
                super::is_right(&super::Container::$container(), expected.unwrap());
            }
        )*

        #[test]
        fn all_are_tested() {
            let tested = [$(stringify!($name).replace('_', "-")),*];
            let expected: Vec<_> = crate::expected::$table.iter().map(|expected| expected.scenario).collect();
            assert_eq!(expected, tested);
        }
    };
}

mod privileged {
    scenarios! { EXPECTED on privileged:
        late_push late_push_reloads late_rename late_old_mtime other_push_failed partial_write partial_empty starting
        no_dbus no_stat no_timeout locked no_journal
        directory_push push_missing_dir push_dir_to_file disk_full disk_full_cut read_only repaired_later
        absent nested typo drop_in_only
        masked empty cut_section cut_install no_install binary dangling directory
        crlf mode_0000 healthy missing_program stale
        no_systemd no_sh
    }
}

mod unprivileged {
    scenarios! { UNPRIVILEGED on unprivileged:
        unmapped_owner late_rename partial_write masked no_install
    }
}
