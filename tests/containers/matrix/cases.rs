//! The rows of the matrix: every scenario of the lab, and variants of some, and the incidents.

use std::sync::LazyLock;

use super::{SUITES, incidents};
use crate::expected::{
    CONFIRMED, EXPECTED, Expected, HEALTHY, LIKELY, UNPRIVILEGED, race, verdict,
};

pub struct Case {
    pub name: &'static str,
    pub expected: Expected,
    /// Further arguments of `lab inject`.
    pub inject: &'static [&'static str],
    /// Further arguments of lxcdiag.
    pub options: &'static [&'static str],
    /// The verdict after lxcdiag's own changes, if it differs.
    pub afterwards: Option<&'static str>,
    /// The program during which the container is stopped.
    pub stops_in: Option<&'static str>,
    /// The verdict with the provisioning log, if the scenario leaves one.
    pub logged: &'static str,
    /// What is true of the failure: every such hypothesis.
    pub truth: Option<&'static [&'static str]>,
    /// The versions that it is never played on.
    pub not_on: &'static [&'static str],
    /// What is true without a known failure, if it differs.
    pub truth_now: Option<&'static [&'static str]>,
}

const SOON: &[&str] = &["--delay", "0.2"];

impl Case {
    pub const fn new(name: &'static str, expected: Expected) -> Self {
        Self {
            name,
            expected,
            inject: SOON,
            options: &[],
            afterwards: None,
            stops_in: None,
            logged: "",
            not_on: &[],
            truth: None,
            truth_now: None,
        }
    }

    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    pub const fn logged(mut self, expected: &'static str) -> Self {
        self.logged = expected;
        self
    }

    pub const fn now(mut self, truth: &'static [&'static str]) -> Self {
        self.truth_now = Some(truth);
        self
    }

    pub const fn injected(mut self, options: &'static [&'static str]) -> Self {
        self.inject = options;
        self
    }

    pub const fn told(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }

    pub const fn not_on(mut self, versions: &'static [&'static str]) -> Self {
        self.not_on = versions;
        self
    }

    const fn then(mut self, afterwards: &'static str) -> Self {
        self.afterwards = Some(afterwards);
        self
    }

    const fn stopped_in(mut self, program: &'static str) -> Self {
        self.stops_in = Some(program);
        self
    }

    /// Whether it is played on this one of the versions: an incident on one of them in turn, unless it is played everywhere.
    pub fn is_played_on(&self, version: &str, everywhere: bool) -> bool {
        let versions = SUITES.iter().map(|suite| suite.1);
        let on: Vec<_> = versions.filter(|it| !self.not_on.contains(it)).collect();
        match everywhere || self.truth.is_none() {
            true => on.contains(&version),
            false => on[self.position() % on.len()] == version,
        }
    }

    /// The row in the table: privileged containers first.
    pub fn position(&self) -> usize {
        let all = privileged().iter().chain(unprivileged());
        all.take_while(|case| !std::ptr::eq(*case, self)).count()
    }
}

pub fn privileged() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let scenarios = EXPECTED.iter().map(|expected| {
            let case = Case::new(expected.scenario, *expected);
            match expected.scenario {
                // The diagnosis reloads what was stale.
                "stale" => case.then(HEALTHY),
                // Soon after the failure it could as well be a race.
                "pushed-later" => case.injected(&["--delay", "15"]),
                // Nothing shows that the default unit was meant.
                "absent" | "drop-in-only" => case.told(UNIT),
                _ => case,
            }
        });
        scenarios
            .chain(further())
            .chain(incidents::incidents())
            .collect()
    });
    &CASES
}

const UNIT: &[&str] = &["--var", "unit=embedding_server.service"];
const WORKER: &[&str] = &["--var", "unit=worker@a.service"];
const VENDOR: &str = "/usr/lib/systemd/system";

#[rustfmt::skip]
fn further() -> Vec<Case> {
    vec![
        Case::new("late-push, 2 s", race("late-push", LIKELY, CONFIRMED)).injected(&["--delay", "2"]),
        Case::new("late-push, 30 s", race("late-push", "inconclusive -, race unknown", CONFIRMED)).injected(&["--delay", "30"]),
        // The push was running at the failure: the file was late, but nobody added it later.
        Case::new("late-push, past the window", race("late-push", "inconclusive -, race unknown", "inconclusive -, race unlikely"))
            .injected(&["--delay", "2"]).told(&["--var", "window=1s"]),
        // Other units.
        Case::new("late-push, socket", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--unit", "embedding.socket"]).told(&["--var", "unit=embedding.socket"]),
        Case::new("late-push, timer", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--unit", "embedding.timer"]).told(&["--var", "unit=embedding.timer"]),
        Case::new("late-push, instance", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--unit", "worker@a.service"]).told(WORKER),
        Case::new("directory-push, instance", verdict("directory-push", "push-failed likely, race unlikely|ruled_out"))
            .injected(&["--unit", "worker@a.service"]).told(WORKER),
        Case::new("typo, timer", verdict("typo", "file-misplaced confirmed, race unlikely|ruled_out"))
            .injected(&["--unit", "embedding_data.timer"]).told(&["--var", "unit=embedding_data.timer"]),
        Case::new("masked, instance", verdict("masked", "unit-masked confirmed, race unlikely|ruled_out"))
            .injected(&["--unit", "worker@a.service"]).told(WORKER),
        Case::new("cut-install, socket", verdict("cut-install", "unit-not-enableable confirmed, race unlikely|ruled_out"))
            .injected(&["--unit", "embedding.socket"]).told(&["--var", "unit=embedding.socket"]),
        Case::new("healthy, socket", verdict("healthy", HEALTHY))
            .injected(&["--unit", "embedding.socket"]).told(&["--var", "unit=embedding.socket"]),
        Case::new("healthy, timer", verdict("healthy", HEALTHY))
            .injected(&["--unit", "embedding.timer"]).told(&["--var", "unit=embedding.timer"]),
        Case::new("healthy, instance", verdict("healthy", HEALTHY))
            .injected(&["--unit", "worker@a.service"]).told(WORKER),
        // Other directories.
        Case::new("late-push, /usr/lib", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--dir", VENDOR]).told(&["--var", "dir=/usr/lib/systemd/system"]),
        Case::new("late-push, /lib", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--dir", "/lib/systemd/system"]).told(&["--var", "dir=/lib/systemd/system"]),
        Case::new("late-push, /run", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--dir", "/run/systemd/system"]).told(&["--var", "dir=/run/systemd/system"]),
        // Where systemd loads it from is found without a hint.
        Case::new("late-push, /usr/lib untold", race("late-push", LIKELY, CONFIRMED))
            .injected(&["--delay", "0.2", "--dir", VENDOR]),
        Case::new("directory-push, /usr/lib", verdict("directory-push", "push-failed confirmed, race unlikely|ruled_out"))
            .injected(&["--dir", VENDOR]).told(&["--var", "dir=/usr/lib/systemd/system"]),
        Case::new("healthy, /usr/lib", verdict("healthy", HEALTHY))
            .injected(&["--dir", VENDOR]).told(&["--var", "dir=/usr/lib/systemd/system"]),
        // Stopped during the diagnosis: before anything is known, and when enough is.
        Case::new("late-push, stopped at once", verdict("late-push", "inconclusive -, race unknown")).stopped_in("stat"),
        Case::new("directory-push, stopped later", verdict("directory-push", "push-failed confirmed, race unlikely|ruled_out")).stopped_in("df"),
    ]
}

pub fn unprivileged() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        let name = |scenario: &str| -> &'static str {
            Box::leak(format!("{scenario}, unprivileged").into_boxed_str())
        };
        let scenarios = UNPRIVILEGED
            .iter()
            .map(|expected| Case::new(name(expected.scenario), *expected));
        let main = ["late-push", "directory-push", "healthy", "absent"].map(|scenario| {
            let expected = EXPECTED
                .iter()
                .find(|expected| expected.scenario == scenario);
            let case = Case::new(name(scenario), *expected.unwrap());
            match scenario {
                "absent" => case.told(UNIT),
                _ => case,
            }
        });
        let late = race("late-push", LIKELY, CONFIRMED);
        let long = race("late-push", "inconclusive -, race unknown", CONFIRMED);
        let by = [
            Case::new("late-push, 2 s, unprivileged", late).injected(&["--delay", "2"]),
            Case::new("late-push, 30 s, unprivileged", long).injected(&["--delay", "30"]),
        ];
        scenarios
            .chain(main)
            .chain(by)
            .chain(incidents::unprivileged())
            .collect()
    });
    &CASES
}
