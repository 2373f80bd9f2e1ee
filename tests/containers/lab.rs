//! The lab's containers, each used by one test at a time.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// The containers of these tests, counted from the first. `tests/run` removes them: it knows how many there are.
/// Several of a kind let tests run in parallel.
const PRIVILEGED: Range<u32> = 0..3;
const UNPRIVILEGED: Range<u32> = 3..4;
pub const MATRIX: Range<u32> = 4..12;
/// Three that differ in their systemd, and an unprivileged one.
pub const UNITS: Range<u32> = 52..56;
pub const FLEET: Range<u32> = 12..52;
const PURE_CGROUP2: Range<u32> = 56..57;
/// A hostile one and its neighbour: they would keep other tests waiting for minutes.
const HOSTILE: Range<u32> = 57..59;

/// Longer than all other tests together hold a container.
const TURN: Duration = Duration::from_secs(1_800);

/// A container that belongs to one test until it is dropped. Its state is whatever the last test left: begin with
/// [`inject`](Self::inject) or [`reset`](Self::reset).
pub struct Container {
    pub id: u32,
    /// Where lxcdiag keeps its recordings, and the test its files.
    pub directory: TempDir,
    _turn: File,
}

/// What a scenario left behind.
#[derive(Debug, Default)]
pub struct Injected {
    /// When the `systemctl enable` that failed was started; absent if none failed.
    pub failed_at: Option<String>,
    /// The provisioning log.
    pub log: Option<String>,
}

impl Container {
    pub fn privileged() -> Self {
        ensure_up();
        Self::free_one_of(&ids(PRIVILEGED))
    }

    pub fn unprivileged() -> Self {
        ensure_up();
        Self::free_one_of(&ids(UNPRIVILEGED))
    }

    /// A privileged one whose control groups are of version 2 only.
    pub fn with_cgroup2() -> Self {
        let ids = ids(PURE_CGROUP2);
        succeed(lab().args(["up", "--cgroup2", "--ct", &list(&ids)]));
        Self::free_one_of(&ids)
    }

    /// Two that are for hostile programs, both pristine.
    pub fn pair() -> [Self; 2] {
        let ids = ids(HOSTILE);
        succeed(lab().args(["up", "--ct", &list(&ids)]));
        let pair = [&ids[..1], &ids[1..]].map(Self::free_one_of);
        pair.iter().for_each(Self::reset);
        pair
    }

    /// A privileged one in its pristine state.
    pub fn pristine() -> Self {
        let container = Self::privileged();
        container.reset();
        container
    }

    /// The first of these containers, all of them up, that no other test uses.
    pub fn free_one_of(ids: &[u32]) -> Self {
        let begun = Instant::now();
        loop {
            for id in ids {
                if let Some(turn) = turn(*id) {
                    return Self {
                        id: *id,
                        directory: tempfile::tempdir().unwrap(),
                        _turn: turn,
                    };
                }
            }
            assert!(
                begun.elapsed() < TURN,
                "all of the containers {ids:?} are in use"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn reset(&self) {
        succeed(lab().args(["reset", &self.id.to_string()]));
    }

    /// Puts the container into the state that a failed provisioning leaves.
    pub fn inject(&self, scenario: &str, options: &[&str]) -> Injected {
        let id = self.id.to_string();
        let output = succeed(lab().args(["inject", scenario, "--ct", &id]).args(options));
        let text = String::from_utf8(output.stdout).unwrap();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            line.map(str::to_owned)
        };
        Injected {
            failed_at: value("failed_at="),
            log: value("log="),
        }
    }

    /// Runs a script in the container, and returns what it prints.
    pub fn sh(&self, script: &str) -> String {
        let id = self.id.to_string();
        let output = succeed(lab().args(["exec", &id, "sh", "-c", script]));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether a file exists in the container, which may be frozen.
    pub fn has(&self, path: &str) -> bool {
        let root = format!("/proc/{}/root", self.init());
        Path::new(&root).join(path.trim_start_matches('/')).exists()
    }

    /// Whether its control groups are of version 2 only, while those of the host may not be.
    pub fn has_cgroup2(&self) -> bool {
        let what = format!("/var/lib/lxcdiag-lab/ct/{}/what", self.id);
        std::fs::read_to_string(what)
            .unwrap()
            .trim()
            .ends_with(" 2")
    }

    pub fn pct(&self, verb: &str) {
        succeed(Command::new(pct()).args([verb, &self.id.to_string()]));
    }

    /// Freezes the container until the guard is dropped.
    pub fn freeze(&self) -> Frozen<'_> {
        self.pct("suspend");
        self.thaw_later()
    }

    /// Thaws the container, which is frozen already, when the guard is dropped.
    pub fn thaw_later(&self) -> Frozen<'_> {
        Frozen(self)
    }

    /// The container's first process, by its ID on the host.
    pub fn init(&self) -> u32 {
        let output =
            succeed(Command::new("lxc-info").args(["-n", &self.id.to_string(), "-p", "-H"]));
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim()
            .parse()
            .unwrap_or_else(|_| panic!("container {} does not run: {text:?}", self.id))
    }

    /// The `pct` command lines that were run for this container.
    pub fn pct_calls(&self) -> Vec<String> {
        let calls = std::fs::read_to_string("/var/lib/lxcdiag-lab/pct-calls").unwrap();
        let id = self.id.to_string();
        calls
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter(|(_, words)| words.split('\t').nth(1) == Some(&id))
            .map(|(_, words)| words.replace('\t', " "))
            .collect()
    }
}

/// Thaws a container, also when the test fails.
pub struct Frozen<'a>(&'a Container);

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        self.0.pct("resume");
    }
}

/// The IDs of some containers.
pub fn ids(which: Range<u32>) -> Vec<u32> {
    let first = std::env::var("LXCDIAG_TEST_FIRST_CT").map_or(1_000, |id| id.parse().unwrap());
    which.map(|number| first + number).collect()
}

/// As one argument of `lab`.
pub fn list(ids: &[u32]) -> String {
    let ids: Vec<_> = ids.iter().map(u32::to_string).collect();
    ids.join(",")
}

/// Reserves a container, unless another test or another run of the tests uses it.
fn turn(id: u32) -> Option<File> {
    let directory = Path::new("/run/lock/lxcdiag-lab");
    std::fs::create_dir_all(directory).unwrap();
    let file = File::create(directory.join(format!("turn-{id}"))).unwrap();
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .is_ok()
        .then_some(file)
}

fn ensure_up() {
    static UP: OnceLock<Result<(), String>> = OnceLock::new();
    let up = UP.get_or_init(|| {
        let (privileged, unprivileged) = (list(&ids(PRIVILEGED)), list(&ids(UNPRIVILEGED)));
        let which = ["--ct", &privileged, "--unprivileged-ct", &unprivileged];
        let output = quiet(lab().arg("up").args(which));
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    });
    if let Err(stderr) = up {
        panic!("`tests/lab/lab up` failed:\n{stderr}");
    }
}

pub fn lab() -> Command {
    Command::new(lab_directory().join("lab"))
}

/// Where the programs of the lab are.
pub fn lab_directory() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab"))
}

/// The lab's stand-in for Proxmox VE's `pct`.
pub fn pct() -> PathBuf {
    lab_directory().join("pct")
}

/// The directory that serves as the Proxmox VE host's root.
pub fn host_root() -> String {
    let output = succeed(lab().arg("host-root"));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Runs a command to its end. Its output goes to files: a container that it starts would hold a pipe open.
pub fn quiet(command: &mut Command) -> Output {
    let mut stderr = tempfile::tempfile().unwrap();
    let mut stdout = tempfile::tempfile().unwrap();
    let status = command
        .stdin(Stdio::null())
        .stdout(stdout.try_clone().unwrap())
        .stderr(stderr.try_clone().unwrap())
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Output {
        status,
        stdout: whole(&mut stdout),
        stderr: whole(&mut stderr),
    }
}

/// The whole content of a file.
pub fn whole(file: &mut File) -> Vec<u8> {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

pub fn succeed(command: &mut Command) -> Output {
    let output = quiet(command);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
