//! A session with a shell on this machine, and the processes that it leaves running.

use std::io::Write as _;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lxcdiag::container::transport::Transport;
use lxcdiag::container::{Exchange, Session, SessionError};
use lxcdiag::evidence::container_id::ContainerId;
use lxcdiag::evidence::recording::Ending;

pub use crate::wait::{DEADLINE, wait_until, wait_until_none};

pub type Shell = &'static [&'static str];
pub const DASH: Shell = &["dash"];
pub const BASH: Shell = &["bash"];
pub const BUSYBOX: Shell = &["busybox"];

pub fn words_of(command: String) -> Shell {
    command.leak().split(' ').collect::<Vec<_>>().leak()
}

pub struct Local(pub Shell);

impl Transport for Local {
    fn name(&self) -> &str {
        "local"
    }
    fn argv(&self, _: ContainerId) -> Vec<String> {
        vec!["setsid".to_owned(), sh(self.0[0])]
    }
}

/// A path to a shell that ends in `sh`, as in a container: bash is then a POSIX shell, and busybox a shell at all.
fn sh(shell: &str) -> String {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(shell);
    let link = directory.join("sh");
    let programs = ["/bin", "/usr/bin"].map(|directory| Path::new(directory).join(shell));
    let program = programs.iter().find(|program| program.exists()).unwrap();
    std::fs::create_dir_all(&directory).unwrap();
    // Another test may be first.
    let _ = std::os::unix::fs::symlink(program, &link);
    link.to_string_lossy().into_owned()
}

/// Whether a program is installed. If it is not, the caller skips what needs it, which is an error with `CI=true`.
pub fn is_installed(program: &str) -> bool {
    let installed = ["/bin", "/usr/bin"]
        .iter()
        .any(|directory| Path::new(directory).join(program).exists());
    if !installed {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "{program} is not installed"
        );
        // Not `eprintln!`: its output is shown only when a test fails.
        let _ = writeln!(std::io::stderr(), "SKIPPED: {program} is not installed");
    }
    installed
}

/// Runs `test` with each installed dialect, in parallel: they spend most of their time asleep.
pub fn in_each_shell<F: Future<Output = ()>>(test: fn(Shell) -> F) {
    static INSTALLED: LazyLock<Vec<Shell>> = LazyLock::new(|| {
        let shells = [DASH, BASH, BUSYBOX].into_iter();
        shells.filter(|shell| is_installed(shell[0])).collect()
    });
    std::thread::scope(|scope| {
        let threads: Vec<_> = INSTALLED
            .iter()
            .map(|shell| (shell, scope.spawn(move || runtime().block_on(test(shell)))))
            .collect();
        assert!(!threads.is_empty(), "none of the shells is installed");
        let failed: Vec<_> = threads
            .into_iter()
            .filter_map(|(shell, thread)| thread.join().is_err().then_some(shell[0]))
            .collect();
        assert!(failed.is_empty(), "with {failed:?}, see above");
    });
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub async fn open(shell: Shell) -> Session {
    open_by(&Local(shell), AMPLE).await.unwrap()
}

pub async fn open_by(client: &dyn Transport, limit: Duration) -> Result<Session, SessionError> {
    let mut session = Session::start(client, 958.try_into().unwrap())?;
    session.wait_until_ready(limit).await?;
    Ok(session)
}

/// A timeout for what ends by itself.
pub const AMPLE: Duration = DEADLINE;

pub async fn run(session: &mut Session, argv: &[&str]) -> Exchange {
    session.run(&words(argv), AMPLE).await
}

/// Runs `text` as a `shell:` check does.
pub async fn script(session: &mut Session, text: &str) -> Exchange {
    run(session, &["sh", "-c", text]).await
}

pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[track_caller]
pub fn assert_exited(exchange: &Exchange, status: i32, stdout: &[u8], stderr: &[u8]) {
    assert_eq!(exchange.ending, Ending::Exited(status), "{exchange:?}");
    assert_eq!(exchange.stdout.head, stdout, "{exchange:?}");
    assert_eq!(exchange.stderr.head, stderr, "{exchange:?}");
}

pub fn reason(exchange: &Exchange) -> &str {
    match &exchange.ending {
        Ending::Errored(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// A number of seconds to sleep that no other process on this machine sleeps, longer than [`DEADLINE`].
pub fn unique_sleep() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "98.{}0{:04}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The processes with `word` in their command lines; ended ones have no command line.
pub fn processes_with(word: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let numbered = entry
            .file_name()
            .to_string_lossy()
            .starts_with(|c: char| c.is_ascii_digit());
        if numbered && line.contains(word) {
            found.push(format!("{:?}: {line}", entry.file_name()));
        }
    }
    found
}

/// Waits until no process has `word` in its command line: a killed one may take a moment to go.
#[track_caller]
pub fn assert_none_left(word: &str) {
    wait_until_none(|| processes_with(word));
}

/// Whether at least this many processes sleep for a [`unique_sleep`]: themselves, not the shells that start them.
pub fn asleep(sleep: &str, many: usize) -> bool {
    let line = format!("sleep {sleep} ");
    let processes = processes_with(sleep);
    let asleep = processes.iter().filter(|process| process.ends_with(&line));
    asleep.count() >= many
}

/// Runs `text` until this many of its processes are [`asleep`], and then abandons it.
pub async fn run_until_asleep(session: &mut Session, text: &str, sleep: &str, many: usize) {
    let argv = words(&["sh", "-c", text]);
    let all_asleep = async {
        while !asleep(sleep, many) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        exchange = session.run(&argv, AMPLE) => panic!("it ended: {exchange:?}"),
        () = all_asleep => {}
    }
}

/// The process that runs the commands.
pub async fn runner_pid(session: &mut Session) -> String {
    let exchange = script(session, "echo $PPID").await;
    exchange.stdout.text().trim().to_owned()
}

/// The parent of a process: of the one that runs the commands, the shell that the client has started.
pub fn parent_of(pid: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    parent.unwrap().trim().to_owned()
}

pub fn children_of(pid: &str) -> Vec<String> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    children.split_whitespace().map(str::to_owned).collect()
}
