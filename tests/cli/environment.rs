//! An environment for each test: none of the caller's variables, its own directories, and a host whose
//! only container is this machine.

#[path = "../harness/schema.rs"]
pub mod schema;

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use regex::Regex;

pub const LXCDIAG: &str = env!("CARGO_BIN_EXE_lxcdiag");
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub struct Environment {
    directory: tempfile::TempDir,
}

impl Environment {
    /// Container 958 runs on node pve1 of a host that consists of files; `pct` runs commands on this
    /// machine.
    pub fn new() -> Self {
        let environment = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(environment.directory.path(), open).unwrap();
        for directory in ["home", "config", "state", "work"] {
            std::fs::create_dir(environment.path(directory)).unwrap();
        }
        environment.write("host/etc/hostname", "pve1\n");
        environment.write("host/proc/sys/kernel/hostname", "pve1\n");
        environment.write(
            "host/etc/pve/nodes/pve1/lxc/958.conf",
            "hostname: embed\nostype: debian\n",
        );
        environment.write(
            "host/proc/net/unix",
            "Num RefCount Protocol Flags Type St Inode Path\n\
             0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n",
        );
        environment.write("host/var/log/pve/tasks/index", "");
        environment.write_pct(&format!(
            "printf '%s\\n' \"$*\" >>{log}\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n",
            log = environment.path("pct.log").display()
        ));
        environment
    }

    /// A path below the environment's directory.
    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    /// Writes a file; lxcdiag is started in `work/`.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        let path = self.path(path);
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        schema::assert_valid(&text);
        text
    }

    /// Replaces `pct` with a script.
    pub fn write_pct(&self, script: &str) {
        self.write("bin/pct", &format!("#!/bin/sh\n{script}"));
        make_executable(&self.path("bin/pct"));
    }

    /// The command lines of `pct` so far.
    pub fn pct_calls(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.path("pct.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// lxcdiag with these arguments, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.program(&[LXCDIAG], arguments)
    }

    /// Another program with these arguments, likewise.
    pub fn command_of(&self, program: &str, arguments: &[&str]) -> Command {
        self.program(&[program], arguments)
    }

    /// The same as root, or as root of a user namespace. A machine that grants neither cannot run these tests.
    pub fn command_as_root(&self, arguments: &[&str]) -> Command {
        self.program(&[as_root(), &[LXCDIAG]].concat(), arguments)
    }

    /// The same as root on a terminal of its own, where the user types this.
    pub fn on_a_terminal(&self, arguments: &[&str], typed: &str) -> Finished {
        let command = [as_root(), &[LXCDIAG], arguments].concat().join(" ");
        let mut script = self.program(&["script", "-qec", &command, "/dev/null"], &[]);
        let typed_file = self.path("typed");
        std::fs::write(&typed_file, typed).unwrap();
        script.stdin(std::fs::File::open(typed_file).unwrap());
        self.finished(script)
    }

    /// The same as an ordinary user.
    pub fn command_as_nobody(&self, arguments: &[&str]) -> Command {
        if !rustix::process::geteuid().is_root() {
            return self.command(arguments);
        }
        // Other users may not be able to read the build directory.
        let copy = self.path("bin/lxcdiag");
        // Copied by another process: a child that another thread forks in the meantime would keep the file open
        // for writing, and such a file cannot be executed.
        let copied = Command::new("cp").arg(LXCDIAG).arg(&copy).status();
        assert!(copied.unwrap().success());
        let program = [as_nobody(), &[copy.to_str().unwrap()]].concat();
        self.program(&program, arguments)
    }

    fn program(&self, program: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(program[0]);
        command
            .args(&program[1..])
            .args(arguments)
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .env_clear()
            .envs([
                ("PATH", PATH),
                ("COLUMNS", "80"),
                ("NO_COLOR", "1"),
                ("TZ", "UTC"),
            ])
            .env("HOME", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("LXCDIAG_PCT", self.path("bin/pct"))
            .env("LXCDIAG_HOST_ROOT", self.path("host"));
        command
    }

    /// The same command, started by a shell with these redirections, such as `9<.`.
    pub fn redirected(&self, command: &Command, redirections: &str) -> Command {
        let mut shell = self.program(
            &["sh", "-c", &format!("exec {redirections}; exec \"$@\"")],
            &["sh"],
        );
        shell.arg(command.get_program()).args(command.get_args());
        shell
    }

    /// Runs lxcdiag with these arguments.
    pub fn lxcdiag(&self, arguments: &[&str]) -> Finished {
        self.finished(self.command(arguments))
    }

    /// Runs lxcdiag with these arguments as root.
    pub fn as_root(&self, arguments: &[&str]) -> Finished {
        self.finished(self.command_as_root(arguments))
    }

    /// Runs a command to its end.
    pub fn finished(&self, mut command: Command) -> Finished {
        Finished::new(&command.output().unwrap(), self.directory.path())
    }
}

/// What runs a command as an ordinary user.
pub fn as_nobody() -> &'static [&'static str] {
    if rustix::process::geteuid().is_root() {
        &[
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ]
    } else {
        &[]
    }
}

pub fn make_executable(path: &Path) {
    let runs = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, runs).unwrap();
}

/// The words to put before a command so that it runs as root.
pub fn as_root() -> &'static [&'static str] {
    static UNSHARE: [&str; 2] = ["unshare", "--map-root-user"];
    static ROOT: OnceLock<bool> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        rustix::process::geteuid().is_root() || {
            let allowed = Command::new(UNSHARE[0]).args([UNSHARE[1], "true"]).output();
            assert!(
                allowed.is_ok_and(|output| output.status.success()),
                "needs root, or a kernel that allows user namespaces (`unshare --map-root-user true` fails)"
            );
            false
        }
    });
    if *root { &[] } else { &UNSHARE }
}

/// A command that has ended. Its `Display` is what snapshots hold.
pub struct Finished {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    directory: PathBuf,
}

impl Finished {
    pub fn new(output: &Output, directory: &Path) -> Self {
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        schema::assert_valid(&stdout);
        Self {
            status: output.status.code(),
            stdout,
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
            directory: directory.to_owned(),
        }
    }

    /// The text without what differs from run to run.
    fn steady(&self, text: &str) -> String {
        let text = text.replace(self.directory.to_str().unwrap(), "[DIR]");
        let patterns = [
            // File names with nanoseconds, and times.
            (r"\b\d{19}\.json", "[WHEN].json"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "[TIME]"),
            (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[TIME] UTC"),
            (r"took \d+(\.\d+)? (µs|ms|s)", "took [LONG]"),
            // The container's system is this machine's.
            (
                r"(via pct)( · [^\n]*)?(\n  [^\n]*·[^\n]*)*",
                "$1[ · ITS SYSTEM]",
            ),
        ];
        patterns.iter().fold(text, |text, (pattern, steady)| {
            let pattern = Regex::new(pattern).unwrap();
            pattern.replace_all(&text, *steady).into_owned()
        })
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => writeln!(f, "exit status {status}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", self.steady(text).trim_end())?;
            }
        }
        Ok(())
    }
}
