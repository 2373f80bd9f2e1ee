//! Sweeps over the containers of a host that is nothing but files.

use serde_json::Value;

use crate::environment::{Environment, Finished};

/// What the check runs in container ID is in work/ID.
const RUNBOOK: &str = "runbook: small
title: Is all well?
vars:
  since: { default: '-24h', about: from when on }
checks:
  - id: state
    title: State
    shell: |
      echo since {{ since | quote }}
      . ./{{ ct | quote }}
    timeout: 2s
    facts: { match: ['^found (?<what>\\w+)$', '^since (?<from>\\S+)$'] }
    crit: what == 'bad'
    pass: what == 'ok'
    show: \"{{ what }} since {{ from }}\"
  - id: repair
    title: Repair it
    changes: true
    shell: echo >>./changed-{{ ct | quote }}
    pass: exit == 0
healthy: { if: state.passed, says: all is well }
";

/// Containers 101 to 107 on this node, 201 on another one.
pub fn environment() -> Environment {
    let environment = Environment::new();
    let path = environment.path("work");
    let runbook = RUNBOOK.replace("./", &format!("{}/", path.display()));
    environment.write("work/small.yaml", &runbook);
    std::fs::remove_file(environment.path("host/etc/pve/nodes/pve1/lxc/958.conf")).unwrap();
    let mut sockets = String::from("Num RefCount Protocol Flags Type St Inode Path\n");
    for (ct, node, config, finds) in [
        (
            101,
            "pve1",
            "hostname: web\ntags: prod;eu\n",
            "echo found ok",
        ),
        (102, "pve1", "hostname: db\ntags: prod\n", "echo found bad"),
        (
            103,
            "pve1",
            "hostname: hangs\n",
            "echo found ok; sleep 31415",
        ),
        (104, "pve1", "hostname: floods\n", "echo found ok; yes"),
        (105, "pve1", "hostname: base\ntemplate: 1\n", ""),
        (106, "pve1", "hostname: moved\nlock: backup\n", ""),
        (107, "pve1", "hostname: dies\n", "kill -9 $PPID"),
        (201, "pve2", "hostname: far\n", ""),
    ] {
        environment.write(&format!("host/etc/pve/nodes/{node}/lxc/{ct}.conf"), config);
        environment.write(&format!("work/{ct}"), &format!("{finds}\n"));
        sockets.push_str(&format!(
            "0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/{ct}/command\n"
        ));
    }
    environment.write("host/proc/net/unix", &sockets);
    environment.write(
        "host/etc/pve/user.cfg",
        "user:root@pam:1:0:::::\npool:shop::101,201::\n",
    );
    environment
}

pub fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["sweep", "./small.yaml", "--state", "state"], more].concat()
}

pub fn sweep(environment: &Environment, more: &[&str]) -> Finished {
    environment.as_root(&arguments(more))
}

pub fn rows(finished: &Finished) -> Vec<(u64, String)> {
    let report: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"));
    let rows = report["containers"].as_array().unwrap().iter();
    rows.map(|row| {
        let said = match row["skipped"].as_str() {
            Some(reason) => format!("skipped: {reason}"),
            None => row["visited"]["problems"]
                .as_array()
                .unwrap()
                .iter()
                .map(|problem| {
                    let [id, status] = ["id", "status"].map(|key| problem[key].as_str().unwrap());
                    format!("{id} {status}")
                })
                .collect::<Vec<_>>()
                .join(", "),
        };
        (row["ct"].as_u64().unwrap(), said)
    })
    .collect()
}

#[test]
fn each_container_has_one_row() {
    let environment = environment();
    let finished = sweep(&environment, &["--all", "--format", "json", "--jobs", "2"]);
    let expected = [
        (101, ""),
        (102, "state critical"),
        (103, "state unknown"),
        (104, "state unknown"),
        (105, "skipped: template"),
        (106, "skipped: locked: backup"),
        (107, "unreachable unknown"),
        (201, "unreachable unknown"),
    ];
    assert_eq!(
        rows(&finished),
        expected.map(|(ct, said)| (ct, said.to_owned()))
    );
    assert_eq!(finished.status, Some(2), "{finished}");
    for ct in 101..=107 {
        assert!(
            !environment.path(&format!("work/changed-{ct}")).exists(),
            "{ct} was changed"
        );
    }
}

/// The check during which the shell was lost is the one problem.
#[test]
fn a_lost_shell_is_one_problem() {
    let environment = environment();
    environment.write(
        "work/lost.yaml",
        &format!(
            "runbook: lost\ntitle: Lost\nchecks:
  - {{ id: first, title: First, run: [echo], pass: exit == 0 }}
  - {{ id: dies, title: Dies, shell: '. {}', pass: exit == 0 }}
  - {{ id: third, title: Third, run: [echo], pass: exit == 0 }}
  - {{ id: fourth, title: Fourth, run: [echo], pass: exit == 0 }}
",
            environment.path("work/107").display()
        ),
    );
    let finished =
        environment.as_root(&["sweep", "./lost.yaml", "--ct", "101", "--format", "json"]);
    assert_eq!(rows(&finished), [(101, "dies unknown".to_owned())]);
}

#[test]
fn a_failing_pct_is_one_problem() {
    let environment = environment();
    environment.write_pct(
        "[ \"$2\" != 101 ] || { echo 'Connection refused' >&2; exit 111; }\nshift 3\nexec \"$@\"\n",
    );
    environment.write(
        "work/two.yaml",
        "runbook: two\ntitle: Two\nchecks:
  - { id: first, title: First, run: [echo], pass: exit == 0 }
  - { id: second, title: Second, run: [echo], pass: exit == 0 }
  - { id: third, title: Third, needs: [second], run: [echo], pass: exit == 0 }
",
    );
    let more = ["sweep", "./two.yaml", "--ct", "101,102", "--format", "json"];
    let finished = environment.as_root(&more);
    let expected = [(101, "unreachable unknown"), (102, "")];
    assert_eq!(
        rows(&finished),
        expected.map(|(ct, said)| (ct, said.to_owned()))
    );
    assert!(
        finished.stdout.contains("Connection refused: `"),
        "{finished}"
    );
}

/// Whether a container is running is checked again when it is visited.
#[test]
fn a_container_that_stops_before_its_visit_is_skipped() {
    let environment = environment();
    let sockets = environment.path("host/proc/net/unix");
    let stops = format!("echo found ok; sed -i /102/d {}\n", sockets.display());
    environment.write("work/101", &stops);
    let more = ["--ct", "101,102", "--jobs", "1", "--format", "json"];
    let finished = sweep(&environment, &more);
    let expected = [(101, ""), (102, "skipped: stopped")];
    assert_eq!(
        rows(&finished),
        expected.map(|(ct, said)| (ct, said.to_owned()))
    );
    assert_eq!(finished.status, Some(0), "{finished}");
}

#[test]
fn a_runbook_about_the_host_also_judges_stopped_containers_that_should_run() {
    let environment = environment();
    environment.write(
        "host/proc/net/unix",
        "Num RefCount Protocol Flags Type St Inode Path\n",
    );
    environment.write("host/etc/pve/nodes/pve1/lxc/101.conf", "onboot: 1\n");
    environment.write("host/etc/pve/nodes/pve1/lxc/103.conf", "onboot: 1\n");
    let task = |kind: &str, ct: u32, status: &str| {
        format!("UPID:pve1:0000ABCD:00000001:6B000000:{kind}:{ct}:root@pam: 6B000001 {status}\n")
    };
    let tasks = [
        task("vzstart", 101, "bridge 'vmbr9' does not exist"),
        task("vzstart", 102, "CT is locked (disk)"),
        task("vzshutdown", 103, "OK"),
    ];
    environment.write("host/var/log/pve/tasks/index", &tasks.concat());
    let arguments = [
        "sweep",
        "start-failed",
        "--ct",
        "101-104",
        "--format",
        "json",
        "--state",
        "state",
    ];
    for _ in ["first", "second"] {
        let finished = environment.as_root(&arguments);
        let expected = [
            (101, "bridge-missing critical, stopped critical"),
            (102, "locked critical"),
            (103, "stopped critical"),
            (104, "skipped: stopped"),
        ];
        assert_eq!(
            rows(&finished),
            expected.map(|(ct, said)| (ct, said.to_owned()))
        );
        assert_eq!(finished.status, Some(2), "{finished}");
    }
}

#[test]
fn containers_are_selected_by_id_tag_pool_and_node() {
    let environment = environment();
    for (more, expected) in [
        (&["--ct", "102,101"][..], &[102, 101][..]),
        (&["--tag", "prod", "--exclude", "102"], &[101]),
        (&["--pool", "shop", "--node", "pve1"], &[101]),
        (&["--ct", "101-102", "--tag", "eu"], &[101]),
    ] {
        let more = [more, &["--format", "json"]].concat();
        let finished = sweep(&environment, &more);
        let swept: Vec<_> = rows(&finished).iter().map(|(ct, _)| *ct).collect();
        assert_eq!(swept, expected, "{more:?}");
    }
    let finished = sweep(&environment, &[]);
    assert_eq!(finished.status, Some(64), "{finished}");
}

#[test]
fn quiet_prints_nothing_only_if_there_are_no_problems() {
    let environment = environment();
    let well = sweep(&environment, &["--ct", "101", "--quiet"]);
    assert_eq!(
        (well.stdout.as_str(), well.stderr.as_str()),
        ("", ""),
        "{well}"
    );
    let ill = sweep(&environment, &["--ct", "101-102", "--quiet"]);
    assert!(ill.stdout.contains("102"), "{ill}");
}

#[test]
fn a_problem_found_on_the_host_stays_if_the_container_cannot_be_entered() {
    let environment = environment();
    let look = "checks:
  - { id: owner, title: Owner, host: container, crit: hostname == 'dies', show: '{{ hostname }}' }";
    let runbook = environment.read("work/small.yaml");
    environment.write("work/small.yaml", &runbook.replace("checks:", look));
    let finished = sweep(&environment, &["--ct", "107", "--format", "json"]);
    let expected = "owner critical, unreachable unknown".to_owned();
    assert_eq!(rows(&finished), [(107, expected)]);
}

/// The output has no number, so whether the limit is exceeded is unknown.
#[test]
fn a_limit_that_cannot_be_judged_is_unknown() {
    let environment = environment();
    environment.write(
        "work/small.yaml",
        "runbook: small
title: Is all well?
checks:
  - { id: disk, title: Disk, run: [echo, full], facts: { match: '(?<n>\\d+)$', types: { n: int } }, crit: n > 90 }
  - { id: load, title: Load, run: [echo, '7 x'], facts: { match: '^(?<n>\\d+) (?<m>\\d+)?', types: { n: int, m: int } }, crit: n > 5, warn: m > 5 }
  - { id: up, title: Up, run: ['true'], pass: exit == 0 }
healthy: { if: up.passed, says: it is up }
",
    );
    let finished = sweep(&environment, &["--ct", "101", "--format", "json"]);
    let expected = "disk unknown, load critical".to_owned();
    assert_eq!(rows(&finished), [(101, expected)], "{finished}");
    let says = "cannot be evaluated without n (not in the output)";
    assert!(finished.stdout.contains(says), "{finished}");
}

/// A command that ran proves that the container was reached, whatever it printed.
#[test]
fn a_container_whose_only_check_cannot_be_judged_was_reached() {
    let environment = environment();
    environment.write(
        "work/small.yaml",
        "runbook: small
title: Is all well?
checks:
  - { id: disk, title: Disk, run: [echo, full], facts: { match: '(?<n>\\d+)$', types: { n: int } }, crit: n > 90 }
",
    );
    let finished = sweep(&environment, &["--ct", "101", "--format", "json"]);
    assert_eq!(rows(&finished), [(101, "disk unknown".to_owned())]);
}

#[test]
fn a_bad_waiver_file_ends_the_sweep_before_it_begins() {
    let environment = environment();
    environment.write("work/waivers.yaml", "- { container: 102 }\n");
    for (file, message) in [
        ("waivers.yaml", "waivers.yaml:1:3: [0]: missing key `check`"),
        (
            "missing",
            "cannot read the waiver file missing: No such file or directory",
        ),
        (
            "/etc",
            "cannot read the waiver file /etc: it is a directory, not a file",
        ),
    ] {
        let finished = sweep(&environment, &["--all", "--waivers", file]);
        assert_eq!(finished.status, Some(65), "{finished}");
        assert_eq!(finished.stderr, format!("lxcdiag: {message}\n"));
        assert_eq!(environment.pct_calls(), [""; 0]);
    }
}

#[test]
fn containers_are_changed_only_with_allow_changes() {
    let environment = environment();
    let finished = sweep(&environment, &["--ct", "101", "--allow-changes"]);
    assert_eq!(finished.status, Some(0), "{finished}");
    assert!(environment.path("work/changed-101").exists());
    assert!(
        environment.path("state/lxcdiag/runs/101").exists(),
        "its recording is kept"
    );
}

#[test]
fn a_sweep_ends_at_its_deadline() {
    let environment = environment();
    let runbook = environment.read("work/small.yaml");
    environment.write(
        "work/small.yaml",
        &runbook.replace("timeout: 2s", "timeout: 500s"),
    );
    let more = [
        "--ct",
        "103,104,101",
        "--jobs",
        "1",
        "--deadline",
        "5s",
        "--format",
        "json",
    ];
    let finished = sweep(&environment, &more);
    let rows = rows(&finished);
    assert!(rows[0].1.contains("unfinished unknown"), "{rows:?}");
    assert_eq!(rows[1].1, "unreachable unknown");
    assert_eq!(rows[2].1, "unreachable unknown");
    assert!(
        finished.stdout.contains("the sweep timed out after 5 s"),
        "{finished}"
    );
    assert_eq!(finished.status, Some(3));
}
