//! The lab's containers, handed to one test at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// Several, so that tests run side by side; beside those that `lab up` makes by itself.
const PRIVILEGED: &str = "970,971,972";
const UNPRIVILEGED: &str = "975";

/// Longer than every other test together holds a container.
const TURN: Duration = Duration::from_secs(900);

/// A container that is nobody else's until it is dropped. In what state the last test left it is not known: begin with
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
}

impl Container {
    pub fn privileged() -> Self {
        Self::any_of(&ids("LXCDIAG_TEST_CTS", PRIVILEGED))
    }

    pub fn unprivileged() -> Self {
        Self::any_of(&ids("LXCDIAG_TEST_UNPRIVILEGED_CTS", UNPRIVILEGED))
    }

    /// A privileged one in its pristine state.
    pub fn pristine() -> Self {
        let container = Self::privileged();
        container.reset();
        container
    }

    fn any_of(ids: &[u32]) -> Self {
        ensure_up();
        Self::free_one_of(ids)
    }

    /// Of these, which are up.
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
            assert!(begun.elapsed() < TURN, "no container of {ids:?} came free");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn reset(&self) {
        succeed(lab().args(["reset", &self.id.to_string()]));
    }

    /// Leaves the container as a provisioning that went wrong leaves it.
    pub fn inject(&self, scenario: &str, options: &[&str]) -> Injected {
        let id = self.id.to_string();
        let output = succeed(lab().args(["inject", scenario, "--ct", &id]).args(options));
        let text = String::from_utf8(output.stdout).unwrap();
        Injected {
            failed_at: text
                .lines()
                .find_map(|line| line.strip_prefix("failed_at="))
                .map(str::to_owned),
        }
    }

    /// What a command in the container prints.
    pub fn sh(&self, script: &str) -> String {
        let id = self.id.to_string();
        let output = succeed(lab().args(["exec", &id, "sh", "-c", script]));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Whether there is such a file in the container; also where its processes stand still.
    pub fn has(&self, path: &str) -> bool {
        let root = format!("/proc/{}/root", self.init());
        Path::new(&root).join(path.trim_start_matches('/')).exists()
    }

    pub fn pct(&self, verb: &str) {
        succeed(Command::new(pct()).args([verb, &self.id.to_string()]));
    }

    /// The process on the host that is the container's first.
    pub fn init(&self) -> u32 {
        let output =
            succeed(Command::new("lxc-info").args(["-n", &self.id.to_string(), "-p", "-H"]));
        let text = String::from_utf8(output.stdout).unwrap();
        text.trim()
            .parse()
            .unwrap_or_else(|_| panic!("container {} does not run: {text:?}", self.id))
    }

    /// The `pct` commands that were started for this container, each without its process ID.
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

pub fn ids(variable: &str, default: &str) -> Vec<u32> {
    std::env::var(variable)
        .unwrap_or_else(|_| default.to_owned())
        .split(',')
        .map(|id| id.parse().unwrap_or_else(|_| panic!("{variable}: {id:?}")))
        .collect()
}

/// The turn at a container, unless somebody else has it: another test, or another run of the tests.
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
        let joined = |ids: Vec<u32>| {
            let ids: Vec<_> = ids.iter().map(u32::to_string).collect();
            ids.join(",")
        };
        let privileged = joined(ids("LXCDIAG_TEST_CTS", PRIVILEGED));
        let unprivileged = joined(ids("LXCDIAG_TEST_UNPRIVILEGED_CTS", UNPRIVILEGED));
        let output = quiet(lab().args([
            "up",
            "--ct",
            &privileged,
            "--unprivileged-ct",
            &unprivileged,
        ]));
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    });
    if let Err(said) = up {
        panic!("these tests want a lab, and `tests/lab/lab up` could not set it up:\n{said}");
    }
}

pub fn lab() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab"))
}

/// The stand-in.
pub fn pct() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/pct"))
}

/// What stands for the Proxmox VE host's root.
pub fn host_root() -> String {
    let output = succeed(lab().arg("host-root"));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Standard error goes to a file: a container started by the command holds it open.
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

/// All that was written to a file.
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
