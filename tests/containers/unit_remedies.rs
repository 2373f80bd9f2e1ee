//! The remedies of `unit-failed`, `health` and `race-risk`, pasted in their own states: the unit runs afterwards, or nothing was
//! harmed.

use crate::lab::Container;
use crate::lxcdiag::{JSON, run};

/// A state of a unit, and how to get out of it.
struct Case {
    /// The unit is `ID.service`, if it is a service.
    id: &'static str,
    /// What goes before `[Service]`, and into it.
    unit: &'static str,
    service: &'static str,
    /// Makes the state, after a daemon-reload.
    make: &'static str,
    /// What only the user can do, before the remedy helps; empty if nothing.
    user: &'static str,
}

const fn case(
    id: &'static str,
    unit: &'static str,
    service: &'static str,
    make: &'static str,
    user: &'static str,
) -> Case {
    Case {
        id,
        unit,
        service,
        make,
        user,
    }
}

const SLEEP: &str = "ExecStart=/bin/sleep infinity";
const START: &str = "systemctl start $UNIT || :; sleep 0.5";

const CASES: &[Case] = &[
    case("not-started", "", SLEEP, ":", ""),
    case(
        "killed",
        "",
        SLEEP,
        "systemctl start $UNIT; systemctl kill -s KILL $UNIT; sleep 0.5",
        "",
    ),
    case(
        "stop-timeout",
        "",
        "ExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=1",
        "systemctl start $UNIT; sleep 0.5; systemctl stop $UNIT || :",
        "",
    ),
    case(
        "watchdog",
        "",
        "Type=notify\nNotifyAccess=all\nWatchdogSec=2\nExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep infinity'",
        "systemctl start $UNIT; sleep 3",
        "",
    ),
    case(
        "program-missing",
        "",
        "ExecStart=/opt/absent",
        START,
        "printf '#!/bin/sh\\nexec sleep infinity\\n' >/opt/absent; chmod +x /opt/absent",
    ),
    case(
        "program-not-executable",
        "",
        "ExecStart=/opt/plain",
        "printf '#!/bin/sh\\nexec sleep infinity\\n' >/opt/plain; chmod 644 /opt/plain; systemctl start $UNIT || :; sleep 0.5",
        "",
    ),
    case(
        "interpreter-missing",
        "",
        "ExecStart=/opt/windows",
        "printf '#!/bin/sh\\r\\nexec sleep infinity\\r\\n' >/opt/windows; chmod +x /opt/windows; systemctl start $UNIT || :; sleep 0.5",
        "",
    ),
    case(
        "account-missing",
        "",
        "User=nobody-yet\nExecStart=/bin/sleep infinity",
        START,
        "",
    ),
    case(
        "directory-missing",
        "",
        "WorkingDirectory=/srv/absent\nExecStart=/bin/sleep infinity",
        START,
        "",
    ),
    case(
        "environment-file-missing",
        "",
        "EnvironmentFile=/etc/absent.env\nExecStart=/bin/sleep infinity",
        START,
        "",
    ),
    case(
        "configuration-rejected",
        "",
        "ExecStart=/bin/sh -c 'test -e /etc/right || exit 78; exec sleep infinity'",
        START,
        "touch /etc/right",
    ),
    case(
        "dependency-failed",
        "Requires=needed.service\nAfter=needed.service",
        SLEEP,
        "printf '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/usr/bin/test -e /etc/needed\\n' \
         >/etc/systemd/system/needed.service; systemctl daemon-reload; systemctl start $UNIT || :; sleep 0.5",
        "touch /etc/needed; systemctl start needed.service",
    ),
    case(
        "unit-file-bad",
        "",
        "ExecStart=sleep-without-a-path/x infinity",
        START,
        "sed -i 's|^ExecStart=.*|ExecStart=/bin/sleep infinity|' /etc/systemd/system/$UNIT",
    ),
    case(
        "file-stale",
        "",
        "ExecStart=/opt/moved",
        "systemctl start $UNIT || :; sleep 0.5; sed -i 's|/opt/moved|/bin/sleep infinity|' /etc/systemd/system/$UNIT",
        "",
    ),
    case(
        "unit-masked",
        "",
        SLEEP,
        "mv /etc/systemd/system/$UNIT /usr/lib/systemd/system/; systemctl mask $UNIT; systemctl daemon-reload",
        "",
    ),
];

/// Remedies that only look: another fault, the same checks.
const LOOKS: &[Case] = &[
    case(
        "program-exits",
        "",
        "ExecStart=/bin/sh -c 'echo oops >&2; exit 3'",
        START,
        "",
    ),
    case(
        "permission-denied",
        "",
        "User=nobody\nExecStart=/bin/sh -c 'cat /etc/shadow'",
        START,
        "",
    ),
    case(
        "start-timeout",
        "",
        "Type=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep infinity",
        START,
        "",
    ),
    case(
        "sandbox-refused",
        "",
        "ReadWritePaths=/absent\nExecStart=/bin/sleep infinity",
        START,
        "",
    ),
];

impl Container {
    /// Makes a state, and returns the commands that `unit-failed` has for it now.
    fn remedies_in(&self, case: &Case) -> Result<String, String> {
        let unit = format!("{}.service", case.id);
        let Case {
            unit: head,
            service,
            make,
            ..
        } = case;
        self.sh(&format!(
            "UNIT={unit}
            cat >/etc/systemd/system/$UNIT <<'END'
[Unit]
{head}
[Service]
{service}
END
            systemctl daemon-reload
            {{ {make}; }} 2>&1"
        ));
        let mut command = self.lxcdiag("unit-failed");
        let ended = run(command
            .args(JSON)
            .arg("--read-only")
            .args(["--var", &format!("unit={unit}")]));
        let verdict = ended.verdict();
        if verdict.id != case.id {
            return Err(format!(
                "{}: the verdict is {}: {}",
                case.id, verdict.id, verdict.summary
            ));
        }
        let report = ended.report();
        let remedies = report["verdict"]["remedies"].as_array().unwrap().iter();
        let now = remedies.filter(|remedy| remedy["kind"] == "now");
        let scripts = now.map(|remedy| remedy["commands"].as_str().unwrap().to_owned() + "\n");
        Ok(scripts.collect())
    }

    fn is_active(&self, case: &Case) -> bool {
        let state = self.sh(&format!(
            "sleep 0.5; systemctl is-active {}.service || :",
            case.id
        ));
        state.trim() == "active"
    }

    /// What a remedy could harm: files with their modes, units and their states.
    fn harmable(&self) -> String {
        self.sh(
            "find /etc /opt /srv /usr/lib/systemd -xdev ! -type d -printf '%p %m %U:%G %s %l\\n' | sort
            find /etc /opt /srv -xdev -type d -printf '%p %m\\n' | sort
            systemctl list-unit-files --no-legend | cut -d' ' -f1,2
            systemctl list-units --plain --no-legend --state=active --type=service,socket,timer,mount | cut -d' ' -f1",
        )
    }
}

#[test]
fn the_unit_runs_after_the_remedy_for_its_fault() {
    let container = Container::pristine();
    let file = container.directory.path().join("source.env");
    std::fs::write(&file, "A=b\n").unwrap();
    let mut wrong = Vec::new();
    for case in CASES {
        let script = match container.remedies_in(case) {
            Ok(script) => script,
            Err(why) => {
                wrong.push(why);
                continue;
            }
        };
        // Nothing happens before the user has done what the title says, or without the value that is asked for.
        if !case.user.is_empty() || script.contains("SOURCE") {
            let before = container.harmable();
            container.paste(&script, None);
            if container.harmable() != before || container.is_active(case) {
                wrong.push(format!(
                    "{}: changed something too early:\n{script}",
                    case.id
                ));
            }
        }
        if !case.user.is_empty() {
            container.sh(&format!("UNIT={}.service; {}", case.id, case.user));
        }
        let output = container.paste(&script, file.to_str());
        if !container.is_active(case) {
            let said = String::from_utf8_lossy(&output.stderr);
            wrong.push(format!("{}: does not run after\n{script}{said}", case.id));
        }
        // A second time does no harm.
        container.paste(&script, file.to_str());
        if !container.is_active(case) {
            wrong.push(format!("{}: stopped by a second\n{script}", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_remedy_that_only_looks_changes_nothing() {
    let container = Container::pristine();
    let mut wrong = Vec::new();
    for case in LOOKS {
        match container.remedies_in(case) {
            Ok(script) => {
                let before = container.harmable();
                container.paste(&script, None);
                if container.harmable() != before {
                    wrong.push(format!(
                        "{}: something has changed after\n{script}",
                        case.id
                    ));
                }
            }
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// In `health` and `race-risk`, the one remedy that changes something reloads systemd.
#[test]
fn a_reload_makes_systemd_read_what_it_has_not_seen() {
    for (runbook, id) in [("race-risk", "not-looked-for"), ("health", "units-stale")] {
        let container = Container::pristine();
        container.sh(
            "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/late.service
            systemctl daemon-reload; systemctl start late.service; sleep 1
            printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >/etc/systemd/system/late.service",
        );
        let mut command = container.lxcdiag(runbook);
        let report = run(command.args(JSON).arg("--read-only")).report();
        let hypotheses = report["hypotheses"].as_array().unwrap();
        let found = hypotheses.iter().find(|it| it["id"] == id).unwrap();
        assert!(
            ["likely", "confirmed"].contains(&found["verdict"].as_str().unwrap()),
            "{found}"
        );
        let remedy = found["remedy"].as_str().unwrap();
        let lines = remedy.lines().filter_map(|line| line.strip_prefix("  "));
        let script: Vec<_> = lines.filter(|line| !line.contains("lxcdiag")).collect();
        container.paste(&(script.join("\n") + "\n"), None);
        let state = container.sh("systemctl show -p NeedDaemonReload,ActiveState late.service");
        assert_eq!(
            state.trim(),
            "ActiveState=active\nNeedDaemonReload=no",
            "{script:?}"
        );
    }
}
