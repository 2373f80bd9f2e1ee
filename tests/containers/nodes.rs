//! Two nodes of a cluster: this machine, and one in a network namespace with a real sshd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{self, Container};
use crate::lxcdiag::{self, Ended, JSON, check};
use crate::processes::{command_lines, words_of};
use crate::wait::{wait_until, wait_until_none};

/// Two tests that each hold one container and wait for a second would wait for ever.
static TURN: Mutex<()> = Mutex::new(());

/// `pve1` has one container, `pve2` the other.
struct Nodes {
    here: Container,
    there: Container,
    directory: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Nodes {
    fn up() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (here, there) = (Container::pristine(), Container::pristine());
        let nodes = Self {
            // Not in /tmp: its file system may not support overlays.
            directory: TempDir::new_in("/var/lib/lxcdiag-lab").unwrap(),
            here,
            there,
            _turn: turn,
        };
        let (here, there) = (nodes.here.id.to_string(), nodes.there.id.to_string());
        lab::succeed(nodes.node("up").args([here, there]));
        nodes
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn node(&self, verb: &str) -> Command {
        let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/node"));
        command.arg(verb).arg(self.directory.path());
        command
    }

    /// lxcdiag on `pve1`.
    fn lxcdiag(&self, arguments: &[&str]) -> Command {
        let mut command = self.node("on1");
        command
            .arg(lxcdiag::binary())
            .args(arguments)
            .args(JSON)
            .env_clear()
            .env("LXCDIAG_HOST_ROOT", self.path("pve1"))
            .env("LXCDIAG_PCT", lab::pct())
            .env("XDG_STATE_HOME", self.path("state"));
        command
    }

    /// A sweep of these containers with these checks.
    fn sweep(&self, which: &str, checks: &str) -> Command {
        let runbook = self.here.runbook(checks);
        let memory = self.path("memory");
        self.lxcdiag(&[
            "sweep",
            &runbook,
            which,
            "--state",
            memory.to_str().unwrap(),
        ])
    }

    /// The number of connections to `pve2` so far.
    fn connections(&self) -> usize {
        let log = fs::read_to_string(self.path("sshd.log")).unwrap();
        log.matches("Accepted publickey").count()
    }

    /// The ssh processes: those that hold connections, and those that use them.
    fn ssh(&self) -> Vec<String> {
        let known_hosts = self.path("pve1/etc/pve/nodes/pve2/ssh_known_hosts");
        let known_hosts = format!("UserKnownHostsFile={}", known_hosts.display());
        command_lines(|pid| words_of(pid).contains(&known_hosts))
    }

    /// The directory of the connection's socket.
    fn socket_directory(&self) -> PathBuf {
        let lines = self.ssh();
        let mut words = lines.iter().flat_map(|line| line.split(' '));
        let socket = words.find(|word| word.starts_with("/run/lxcdiag-") && word.ends_with("/ssh"));
        Path::new(socket.unwrap()).parent().unwrap().to_owned()
    }

    #[track_caller]
    fn assert_nothing_left(&self) {
        wait_until_none(|| {
            let hanging = command_lines(|pid| words_of(pid).contains(&self.hanging()));
            let clients = [self.here.clients(), self.there.clients()].concat();
            [hanging, clients, self.ssh()].concat()
        });
    }

    /// How long the commands of this test sleep, which no other test's do.
    fn hanging(&self) -> String {
        format!("31415.{}{}", self.here.id, self.there.id)
    }

    /// Starts a sweep, and waits until it hangs in this many containers.
    fn start_a_hanging_sweep(&self, timeout: &str, which: &str, many: usize) -> lxcdiag::Running {
        let hanging = self.hanging();
        let checks = check("hang", timeout, &format!("echo half; sleep {hanging}"));
        let running = lxcdiag::start(&mut self.sweep(which, &checks));
        let sleeping = || command_lines(|pid| words_of(pid) == ["sleep", &hanging]);
        wait_until("commands hang", || sleeping().len() == many);
        running
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        let _ = lab::quiet(&mut self.node("down"));
    }
}

/// The rows: `958 pve1: unreachable: no answer`.
#[track_caller]
fn rows(ended: &Ended) -> Vec<String> {
    let report = ended.report();
    let words = |problem: &Value| {
        let [id, says] = ["id", "says"].map(|key| problem[key].as_str().unwrap());
        format!("{id}: {says}")
    };
    let rows = report["containers"].as_array().unwrap().iter();
    rows.map(|row| {
        let problems = row["visited"]["problems"].as_array();
        let problems: Vec<_> = problems.unwrap_or(&Vec::new()).iter().map(words).collect();
        let node = row["node"].as_str().unwrap();
        format!("{} {node}: {}", row["ct"], problems.join("; "))
    })
    .collect()
}

#[test]
fn both_nodes_are_swept_over_one_connection() {
    let nodes = Nodes::up();
    let (here, there) = (nodes.here.id, nodes.there.id);
    let checks = [
        format!(
            "  - {{ id: which, title: Which, host: node, pass: node == 'pve1' and {here} == ct or node == 'pve2' and {there} == ct }}\n"
        ),
        "  - { id: runs, title: Runs, host: container, pass: running and hostname == 'ct' ~ ct }\n"
            .to_owned(),
        "  - { id: name, title: Name, run: [uname, -n], pass: \"stdout | trim == 'ct' ~ ct\" }\n"
            .to_owned(),
        check("second", "5s", "true"),
    ];
    let ended = lxcdiag::run(&mut nodes.sweep("--all", &checks.concat()));
    let mut expected = [format!("{here} pve1: "), format!("{there} pve2: ")];
    expected.sort();
    assert_eq!(rows(&ended), expected, "{ended:?}");
    assert_eq!((ended.status, nodes.connections()), (0, 1), "{ended:?}");
    nodes.assert_nothing_left();
}

#[test]
fn a_container_on_another_node_is_diagnosed_by_that_nodes_task_log() {
    let nodes = Nodes::up();
    let there = nodes.there.id.to_string();
    let (from, to) = ("/var/lib/lxcdiag-lab/src/systemd/", "/etc/systemd/system/");
    lab::succeed(nodes.node("on2").args(["pct", "push", &there, from, to]));
    let diagnose = |more: &[&str]| {
        let arguments = ["run", "race-condition", "--ct", &there, "--read-only"];
        lxcdiag::run(&mut nodes.lxcdiag(&[&arguments, more].concat()))
    };
    let ended = diagnose(&["--node", "pve2"]);
    assert_eq!(
        ended.verdict().in_short(),
        "push-failed confirmed, race unlikely",
        "{ended:?}"
    );
    let target = &ended.report()["target"];
    assert_eq!(
        (&target["node"], &target["pve"]),
        (&"pve2".into(), &"8.4.1".into())
    );
    assert_eq!(ended.outcome("pushes"), "passed");

    let ended = diagnose(&[]);
    assert_eq!(ended.status, 69);
    assert!(ended.stderr.contains("use `--node pve2`"), "{ended:?}");
}

/// What the configuration names is looked for on the other node, not on this one.
#[test]
fn a_container_that_does_not_start_on_another_node_is_diagnosed_by_that_nodes_files() {
    let nodes = Nodes::up();
    let there = nodes.there.id.to_string();
    lab::succeed(nodes.node("on2").args(["pct", "stop", &there]));
    let source = nodes.path("pve2-only");
    fs::create_dir(&source).unwrap();
    let config = nodes.path(&format!("nodes/pve2/lxc/{there}.conf"));
    let mut text = fs::read_to_string(&config).unwrap();
    text += "net0: name=eth0,bridge=vmbr99,type=veth\n";
    text += &format!("mp0: {},mp=/x\nmp1: /srv/nope,mp=/y\n", source.display());
    fs::write(&config, text).unwrap();
    // The index has whole seconds: in the next one, the start is certainly later than the stop.
    let stopped = jiff::Timestamp::now().as_second();
    let mut now = stopped;
    while now == stopped {
        std::thread::sleep(std::time::Duration::from_millis(50));
        now = jiff::Timestamp::now().as_second();
    }
    let index = nodes.path("pve2/var/log/pve/tasks/index");
    let task = format!(
        "UPID:pve2:0000ABCD:00000001:{now:08X}:vzstart:{there}:root@pam: {now:08X} bridge 'vmbr99' does not exist\n"
    );
    fs::write(&index, fs::read_to_string(&index).unwrap() + &task).unwrap();
    let arguments = ["run", "start-failed", "--ct", &there, "--node", "pve2"];
    let ended = lxcdiag::run(&mut nodes.lxcdiag(&arguments));
    assert_eq!(
        ended.report()["verdict"]["id"],
        "bridge-missing",
        "{ended:?}"
    );
    let observed = ended.row("configuration")["observed"].clone();
    let expected = "mp1: /srv/nope: missing; net0: vmbr99: missing";
    assert_eq!(observed, expected, "{ended:?}");
    assert_eq!(nodes.connections(), 1);
    nodes.assert_nothing_left();
}

/// The times of lxcdiag's own commands are by the other node's clock, as precisely as that is known.
#[test]
fn a_clock_that_is_ahead_is_reported_and_allowed_for() {
    let nodes = Nodes::up();
    let there = nodes.there.id.to_string();
    let sshd = fs::read_to_string(nodes.path("sshd.pid")).unwrap();
    let date = "#!/bin/sh\nexec /bin/date -d '1 hour' \"$@\"\n";
    let install = "printf %s \"$0\" >/usr/local/sbin/date; chmod +x /usr/local/sbin/date";
    let mut enter = Command::new("nsenter");
    lab::succeed(enter.args(["-m", "-t", sshd.trim(), "sh", "-c", install, date]));
    let runbook = nodes.there.runbook(&check("well", "5s", "date +%s%N"));
    let before = jiff::Timestamp::now();
    let recording = nodes.path("recording.json");
    let arguments = ["run", &runbook, "--ct", &there, "--node", "pve2"];
    let mut run = nodes.lxcdiag(&arguments);
    let ended = lxcdiag::run(run.arg("--record").arg(&recording));
    let said = [
        "the clock of node pve2 is ",
        " s ahead of the clock of this node",
    ];
    assert!(
        said.iter().all(|said| ended.stderr.contains(said)),
        "{ended:?}"
    );
    for time in [
        &ended.report()["started_at"],
        &ended.row("well")["started_at"],
    ] {
        let time: jiff::Timestamp = time.as_str().unwrap().parse().unwrap();
        let ahead = time.duration_since(before).as_secs();
        assert!((3_595..3_900).contains(&ahead), "{ahead} s ahead");
    }
    // The container's own `date` uses this machine's clock.
    let ran_at = |row: &Value| {
        row["stdout"]
            .as_str()
            .unwrap()
            .trim()
            .parse::<i64>()
            .unwrap()
    };
    let ran_at = ran_at(&ended.row("well")) + 3_600_000_000_000;
    let recording: Value = serde_json::from_slice(&fs::read(&recording).unwrap()).unwrap();
    let started_at = recording["attempts"][0]["started_at"].as_i64().unwrap();
    assert!(started_at <= ran_at, "{started_at} {ran_at}");
    assert!(recording["clock_uncertainty"].as_i64() > Some(0));
}

#[test]
fn a_node_that_cannot_be_reached_affects_only_its_own_rows() {
    let nodes = Nodes::up();
    let (here, there) = (nodes.here.id, nodes.there.id);
    let sweep = |expected: &str| {
        let ended = lxcdiag::run(&mut nodes.sweep("--all", &check("well", "5s", "true")));
        let rows = rows(&ended);
        assert!(rows.contains(&format!("{here} pve1: ")), "{rows:?}");
        let lost = rows
            .iter()
            .find(|row| row.starts_with(&format!("{there} pve2: unreachable: ")));
        assert!(lost.is_some_and(|row| row.contains(expected)), "{rows:?}");
        assert_eq!(ended.status, 3);
        nodes.assert_nothing_left();
    };
    let known_hosts = nodes.path("nodes/pve2/ssh_known_hosts");
    let key = fs::read_to_string(&known_hosts).unwrap();
    fs::write(&known_hosts, "").unwrap();
    sweep("its host key does not match ");
    fs::write(&known_hosts, key).unwrap();
    let keys = fs::read_to_string(nodes.path("ssh/authorized_keys")).unwrap();
    fs::write(nodes.path("ssh/authorized_keys"), "").unwrap();
    sweep("refuses root of this node: ");
    fs::write(nodes.path("ssh/authorized_keys"), keys).unwrap();
    lab::succeed(&mut nodes.node("cut"));
    sweep("Connection refused");
    // No answer at all.
    let link = format!("lxd{there}");
    lab::succeed(Command::new("ip").args(["link", "set", &link, "down"]));
    sweep("cannot reach node pve2 at 169.254.");
    fs::write(nodes.path("pve1/etc/pve/.members"), "").unwrap();
    sweep("no address of node pve2 in ");
}

#[test]
fn a_lost_connection_affects_only_its_own_rows() {
    let nodes = Nodes::up();
    let running = nodes.start_a_hanging_sweep("5s", "--all", 2);
    lab::succeed(&mut nodes.node("cut"));
    let ended = running.ended();
    let rows = rows(&ended);
    let row = |ct| {
        rows.iter()
            .find(|row| row.starts_with(&format!("{ct} ")))
            .unwrap()
    };
    assert!(
        row(nodes.here.id).contains("pve1: hang: hang: "),
        "{rows:?}"
    );
    assert!(
        row(nodes.there.id).contains("pve2: unreachable: "),
        "{rows:?}"
    );
    assert_eq!(ended.status, 3, "{ended:?}");
    nodes.assert_nothing_left();
}

#[test]
fn interrupted_nothing_stays_on_either_node() {
    let nodes = Nodes::up();
    let running = nodes.start_a_hanging_sweep("500s", "--all", 2);
    let directory = nodes.socket_directory();
    running.signal(Signal::INT);
    assert_eq!(running.ended().status, 130);
    nodes.assert_nothing_left();
    assert!(!directory.exists(), "{} stays", directory.display());
}

/// lxcdiag can do nothing about it any more.
#[test]
fn killed_nothing_stays_on_the_other_node() {
    let nodes = Nodes::up();
    let mut running = nodes.start_a_hanging_sweep("500s", "--node=pve2", 1);
    let directory = nodes.socket_directory();
    running.child.kill().unwrap();
    running.child.wait().unwrap();
    nodes.assert_nothing_left();
    assert!(!directory.exists(), "{} stays", directory.display());
    // From before ssh has started to when the command runs.
    let checks = check("hang", "500s", &format!("sleep {}", nodes.hanging()));
    for millis in [30, 80, 150, 250, 400, 700, 1_200] {
        let mut running = lxcdiag::start(&mut nodes.sweep("--node=pve2", &checks));
        std::thread::sleep(Duration::from_millis(millis));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        nodes.assert_nothing_left();
    }
}
