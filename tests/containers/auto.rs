//! `lxcdiag 958` on containers that are broken on purpose: the verdict, its symptoms, and every further cause.

use std::process::Command;

use serde_json::Value;

use crate::broken::inflict;
use crate::lab::{self, Container};
use crate::lxcdiag::{Ended, JSON, bare, run};

/// A way to break a container, and what is found in it.
struct Way {
    name: &'static str,
    /// A script on the host, with the functions of `tests/lab/faults.sh`.
    script: &'static str,
    status: i32,
    /// The causes in order, each with its symptoms after `<`.
    found: &'static str,
}

const WAYS: &[Way] = &[
    Way {
        name: "a failed unit",
        script: "service app '[Service]' 'Type=exec' 'ExecStart=/opt/app/server'; start app",
        status: 2,
        found: "unit-failed/program-missing confirmed < health/units-failed",
    },
    Way {
        name: "a failed unit, and a full disk that it does not need",
        script: "
            script 'mkdir /srv/data; mount -t tmpfs -o size=1m data /srv/data; head -c 2000000 /dev/zero >/srv/data/blob 2>/dev/null || :'
            service app '[Service]' 'Type=exec' 'ExecStart=/opt/app/server'; start app",
        status: 2,
        found: "storage/disk-full confirmed < health/room-runs-out
            unit-failed/program-missing confirmed < health/units-failed",
    },
    Way {
        name: "a full disk that a unit writes to",
        script: "
            script 'mkdir /srv/data; mount -t tmpfs -o size=1m data /srv/data; head -c 2000000 /dev/zero >/srv/data/blob 2>/dev/null || :'
            service app '[Service]' 'ExecStart=/bin/cp /etc/passwd /srv/data/copy'; start app; sleep 1",
        status: 2,
        found: "storage/disk-full confirmed < health/room-runs-out health/units-failed unit-failed/disk-full",
    },
    Way {
        name: "two units that fail for one reason, and a third",
        script: "
            for n in 1 2; do service app$n '[Service]' 'User=missing' 'ExecStart=/bin/true'; start app$n; done
            service other '[Service]' 'Type=exec' 'ExecStart=/opt/other'; start other",
        status: 2,
        found: "unit-failed/account-missing confirmed < unit-failed/account-missing
            unit-failed/program-missing confirmed <",
    },
    Way {
        name: "no name server",
        script: "static_network; script ': >/etc/resolv.conf'",
        status: 2,
        found: "dns/no-resolver confirmed < health/name-servers-silent",
    },
    Way {
        name: "no default route, so no name server either",
        script: "
            static_network
            script \"echo nameserver $(network_of).1 >/etc/resolv.conf\"
            in_network ip route del default",
        status: 2,
        found: "network/route-missing confirmed < health/network-down health/name-servers-silent",
    },
    Way {
        name: "nothing that asks for an address, so no name server either",
        script: "plugged; in_network ip link set eth0 up",
        status: 2,
        found: "network/network-service-failed likely < health/network-down dns/no-resolver",
    },
    Way {
        name: "name services that are off, and a limit that is reached",
        script: "
            script 'sed -i \"s/^hosts:.*/hosts: files/\" /etc/nsswitch.conf'
            static_network
            script 'echo nameserver 127.0.0.1 >/etc/resolv.conf'
            name_server 127.0.0.1 0
            program 0 'for (1 .. 100) { open $_[$_], \"<\", \"/dev/null\" or last }' LimitNOFILE=64:4096",
        status: 2,
        found: "dns/lookups-off confirmed <
            limits/open-files confirmed <",
    },
    Way {
        name: "a device that is not passed",
        script: "script \"echo 'ERROR: Cannot open TUN/TAP dev /dev/net/tun: No such file or directory' | systemd-cat -t openvpn; sleep 0.5\"",
        status: 2,
        found: "device/device-not-passed confirmed <",
    },
    Way {
        name: "a limit that a server has reached, and a restart that can wait",
        script: "
            script 'echo \"accept4() failed (24: Too many open files)\" | systemd-cat -t nginx; sleep 0.5'
            script ': >/run/reboot-required'",
        status: 1,
        found: "limits/open-files likely <
            health/restart-required likely <",
    },
    Way {
        name: "a failed unit, and a changed configuration",
        script: r#"
            printf '[pve:pending]\nmemory: 1024\n' >>"$(configuration)"
            service app '[Service]' 'Type=exec' 'ExecStart=/opt/app/server'; start app"#,
        status: 2,
        found: "unit-failed/program-missing confirmed < health/units-failed
            health/changes-pending likely <",
    },
    Way {
        name: "a full disk, and a failed backup",
        script: r#"
            script 'mkdir /srv/data; mount -t tmpfs -o size=1m data /srv/data; head -c 2000000 /dev/zero >/srv/data/blob 2>/dev/null || :'
            echo "ERROR: Backup of VM $id failed - command 'tar' failed: exit code 2" | ended_task vzdump 3600 'job errors'"#,
        status: 2,
        found: "storage/disk-full confirmed < health/room-runs-out
            health/backup-overdue likely <",
    },
    Way {
        name: "a silent name server, and an expired certificate",
        script: "
            static_network
            script 'echo nameserver 127.0.0.9 >/etc/resolv.conf'
            certificate -5 /etc/ssl/private/app.pem",
        status: 2,
        found: "dns/server-silent confirmed < health/name-servers-silent
            health/certificates-expire confirmed <",
    },
    Way {
        name: "a default route that drops, and a stale lock",
        script: r#"
            static_network
            script 'echo nameserver 127.0.0.1 >/etc/resolv.conf'
            name_server 127.0.0.1 0
            in_network ip route replace blackhole default
            sed -i '1i lock: rollback' "$(configuration)""#,
        status: 2,
        found: "locked/lock-stale confirmed <
            network/route-missing confirmed < health/network-down",
    },
    Way {
        name: "a stale lock",
        script: r#"sed -i '1i lock: backup' "$(configuration)""#,
        status: 2,
        found: "locked/lock-stale confirmed <",
    },
    Way {
        name: "a failed start",
        script: r#"
            "$pct" stop "$id"
            sed -i '1i lock: backup' "$(configuration)"
            ! "$pct" start "$id"
            sed -i '/^lock:/d' "$(configuration)""#,
        status: 2,
        found: "start-failed/locked confirmed <",
    },
];

/// What a report says that was found, as in [`Way::found`].
fn found(report: &Value) -> String {
    let symptoms = |of: &Value| {
        let symptoms = of["symptoms"].as_array().unwrap().iter();
        let symptoms = symptoms.map(|it| {
            format!(
                " {}/{}",
                it["runbook"].as_str().unwrap(),
                it["id"].as_str().unwrap()
            )
        });
        symptoms.collect::<String>()
    };
    let line = |runbook: &Value, cause: &Value, level: &Value, of: &Value| {
        format!(
            "{}/{}{} <{}",
            runbook.as_str().unwrap(),
            cause["id"].as_str().unwrap(),
            level
                .as_str()
                .map_or_else(String::new, |level| format!(" {level}")),
            symptoms(of)
        )
    };
    let verdict = &report["verdict"];
    let first = line(&report["runbook"]["id"], verdict, &verdict["level"], report);
    let also = report["also"].as_array().unwrap().iter();
    let also = also.map(|it| line(&it["runbook"], it, &it["level"], it));
    std::iter::once(first)
        .chain(also)
        .collect::<Vec<_>>()
        .join("\n")
}

impl Container {
    /// `lxcdiag ID` on the lab's host.
    fn find_out(&self, options: &[&str]) -> Ended {
        run(self.lxcdiag("auto").args(JSON).args(options))
    }
}

#[test]
fn each_cause_is_found_with_its_symptoms() {
    let container = Container::privileged();
    let only = std::env::var("LXCDIAG_TEST_AUTO_ONLY").unwrap_or_default();
    let mut wrong = Vec::new();
    for way in WAYS.iter().filter(|way| way.name.contains(&only)) {
        container.reset();
        if let Some(why) = inflict(&container, way.script) {
            wrong.push(format!("{}: {why}", way.name));
            continue;
        }
        let ended = container.find_out(&[]);
        let lines = way.found.lines().map(str::trim).collect::<Vec<_>>();
        let got = found(&ended.report());
        if got != lines.join("\n") || ended.status != way.status {
            wrong.push(format!("{}: {}\n{got}", way.name, ended.status));
        }
    }
    container.reset();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_found_in_a_healthy_container_with_one_shell() {
    for container in [Container::privileged(), Container::unprivileged()] {
        container.reset();
        let calls = container.pct_calls().len();
        let ended = container.find_out(&[]);
        assert_eq!(found(&ended.report()), "health/healthy <");
        assert_eq!(ended.status, 0);
        assert_eq!(container.pct_calls().len() - calls, 1);
    }
}

#[test]
fn a_failed_push_is_found() {
    let container = Container::privileged();
    container.inject("directory-push", &[]);
    let ended = container.find_out(&["--read-only"]);
    assert_eq!(
        found(&ended.report()),
        "race-condition/push-failed confirmed <"
    );
    assert_eq!(ended.status, 2);
}

/// The unit is asked about, and the host knows of no failed push.
#[test]
fn why_a_unit_was_not_started_is_found() {
    let container = Container::privileged();
    let late = "race-condition/race-condition likely < unit-failed/not-started";
    for (scenario, options, expected) in [
        ("late-push", &[][..], late),
        ("late-push", &["--dir", "/usr/lib/systemd/system"], late),
        ("never-enabled", &[], "unit-failed/not-started confirmed <"),
    ] {
        container.inject(scenario, options);
        let ended = container.find_out(&["--unit", "embedding_server.service", "--read-only"]);
        assert_eq!(found(&ended.report()), expected, "{scenario}");
    }
}

/// Nobody names the unit: a push in the task log points at it.
#[test]
fn a_unit_that_was_pushed_and_never_started_is_found() {
    let container = Container::privileged();
    let not_started = "unit-failed/not-started confirmed <";
    for (scenario, expected) in [
        (
            "late-push",
            "race-condition/race-condition likely < unit-failed/not-started",
        ),
        ("no-install", not_started),
        ("typo", not_started),
        ("nested", "unit-failed/unit-not-found confirmed <"),
        ("healthy", "health/healthy <"),
    ] {
        container.inject(scenario, &[]);
        let ended = container.find_out(&["--read-only"]);
        assert_eq!(found(&ended.report()), expected, "{scenario}");
    }
}

#[test]
fn a_wrong_id_and_a_host_without_proxmox_are_said() {
    let container = Container::privileged();
    let mut command = bare();
    command
        .args([&(container.id + 100_000).to_string(), "--pct"])
        .arg(lab::pct())
        .env("LXCDIAG_HOST_ROOT", lab::host_root());
    let ended = run(&mut command);
    assert_eq!(ended.status, 69, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("hint: the nearest IDs are "),
        "{}",
        ended.stderr
    );

    let elsewhere = tempfile::tempdir().unwrap();
    let mut command = bare();
    let ended = run(Command::arg(&mut command, container.id.to_string())
        .env("LXCDIAG_HOST_ROOT", elsewhere.path()));
    assert_eq!(ended.status, 69, "{}", ended.stderr);
    assert!(ended.stderr.contains("--demo"), "{}", ended.stderr);
}
