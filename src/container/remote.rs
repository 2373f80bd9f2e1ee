//! The connection to another node of the cluster: opened once, used for all containers of that node.
//!
//! One ssh process holds it, in a session of its own, for as long as this process keeps the standard
//! input of that ssh open. If lxcdiag is killed, the connection ends, and with it everything that was
//! started over it on the other node. The node itself is read by a fixed, read-only script; commands
//! of a runbook run only in its containers.

mod connections;
mod look;
mod snapshot;

use std::cell::Cell;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::process::ChildStdin;
use tokio::sync::watch;
use tokio::time::timeout;

pub use connections::Connections;
use look::Look;
pub use snapshot::NodeSnapshot;

use crate::clock::now;
use crate::container::spawn;
use crate::container::transport::{READY, Ssh, Transport};
use crate::evidence::container_id::ContainerId;
use crate::host::Peer;

/// Containers at once over one connection. sshd allows ten sessions (`MaxSessions`): one holds the
/// connection, and for each session that starts another may not have ended yet.
pub const AT_ONCE: usize = 4;

/// Timeout for opening a connection: ssh waits 10 s for an answer, the rest is for the login.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// Timeout for reading a node.
const SNAPSHOT_LIMIT: Duration = Duration::from_secs(20);
/// Timeout for interrupted commands on the node: 1 s until they get TERM, 1 s between TERM and KILL,
/// and the cleanup.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// Timeout for ssh to end after TERM.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// Most bytes to read of a snapshot. The script bounds what it prints, too.
const MAX_SNAPSHOT: u64 = 32 * 1024 * 1024;
/// Most bytes to keep of the messages of ssh.
const MAX_MESSAGES: u64 = 4096;

/// Directory for the socket: in memory, writable by root only, and short enough for a socket path.
const RUN: &str = "/run";
/// Runs ssh, then removes the directory of the socket, `$0`, even if lxcdiag has been killed.
const HOLD: &str = r#"trap : TERM; "$@"; status=$?; rm -rf -- "$0"; exit $status"#;

/// A connection to another node. Dropping it ends it; only [`close`](Self::close) waits until it has ended.
pub struct Connection {
    peer: Peer,
    control: String,
    /// Directory of the socket and the snapshots.
    directory: TempDir,
    /// The process that holds the connection, which leads a process group.
    holder: Option<Pid>,
    /// Its standard input: the connection ends when this is closed.
    holding: Cell<Option<ChildStdin>>,
    /// Whether a warning about the difference of the clocks has been logged.
    warned: Cell<bool>,
    /// The messages of ssh, once it has ended.
    ended: watch::Receiver<Option<String>>,
}

impl Connection {
    /// Opens the connection, within 20 s.
    ///
    /// # Errors
    /// Why it could not be opened, and what to do next.
    pub async fn open(peer: Peer) -> Result<Self, String> {
        let failed =
            |error| format!("cannot start ssh, which is needed to reach other nodes: {error}");
        let directory = tempfile::Builder::new()
            .prefix("lxcdiag-")
            .tempdir_in(RUN)
            .map_err(failed)?;
        let path = directory.path().to_string_lossy().into_owned();
        let control = format!("{path}/ssh");
        let mut argv = ["setsid", "sh", "-c", HOLD, &path]
            .map(str::to_owned)
            .to_vec();
        argv.extend(peer.connect(&control));
        let mut child = spawn(&argv, false).map_err(failed)?;
        let (Some(holding), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(io::Error::other("it has no pipes")));
        };
        let holder = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let (sender, mut ended) = watch::channel(None);
        tokio::spawn(async move {
            let message = messages(stderr).await;
            let _ = child.wait().await;
            sender.send_replace(Some(message));
        });
        let connection = Self {
            peer,
            control,
            directory,
            holder,
            holding: Cell::new(Some(holding)),
            warned: Cell::new(false),
            ended: ended.clone(),
        };
        let mut lines = BufReader::new(stdout.take(MAX_MESSAGES)).lines();
        let ready = async {
            // The login shell of root may print something first.
            while let Ok(Some(line)) = lines.next_line().await {
                if line == READY {
                    return Ok(());
                }
            }
            let message = ended.wait_for(Option::is_some).await.ok();
            Err(message
                .and_then(|message| message.clone())
                .unwrap_or_default())
        };
        match timeout(OPEN_LIMIT, ready).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(message)) => Err(refusal(&connection.peer, &message)),
            Err(_) => Err(format!(
                "timed out after {} s waiting for a shell on node {} at {}; it may be overloaded",
                OPEN_LIMIT.as_secs(),
                connection.peer.node,
                connection.peer.address
            )),
        }
    }

    /// The transport into the containers of the node of a [`snapshot`](Self::snapshot).
    pub fn transport<'a>(&'a self, inner: &'a dyn Transport, snapshot: &NodeSnapshot) -> Ssh<'a> {
        Ssh {
            peer: &self.peer,
            control: &self.control,
            inner,
            clock_offset: snapshot.clock_offset,
        }
    }

    /// Copies the files of the node that the host probes of one container read, within 20 s.
    ///
    /// # Errors
    /// The node cannot be read, or the container is not on it.
    pub async fn snapshot(&self, ct: ContainerId) -> Result<NodeSnapshot, String> {
        let node = &self.peer.node;
        if let Some(message) = self.ended.borrow().as_deref() {
            return Err(format!("lost the connection to node {node}: {message}"));
        }
        let failed = |why: String| format!("cannot read node {node}: {why}");
        let taking = async {
            let sent = now();
            let id = ct.to_string();
            let mut argv = vec!["setsid".to_owned()];
            argv.extend(
                self.peer
                    .over(&self.control, &["sh", "-s", "--", &id, node]),
            );
            let mut child = spawn(&argv, true)?;
            let (Some(mut stdin), Some(stdout), Some(stderr)) =
                (child.stdin.take(), child.stdout.take(), child.stderr.take())
            else {
                return Err(io::Error::other("ssh has no pipes"));
            };
            let reading = async {
                let mut stdout = BufReader::new(stdout.take(MAX_SNAPSHOT));
                let mut printed = Vec::new();
                while !snapshot::is_first(&printed) {
                    printed.clear();
                    if stdout.read_until(b'\n', &mut printed).await? == 0 {
                        break;
                    }
                }
                let received = now();
                stdout.read_to_end(&mut printed).await?;
                Ok::<_, io::Error>((printed, received))
            };
            let sending = async {
                // A shell that does not read it prints nothing, which is noticed below.
                let _ = stdin.write_all(snapshot::script().as_bytes()).await;
                drop(stdin);
            };
            let (read, (), message) = tokio::join!(reading, sending, messages(stderr));
            let (printed, received) = read?;
            let status = child.wait().await?;
            Ok((status, printed, message, sent, received))
        };
        let (status, printed, message, sent, received) = match timeout(SNAPSHOT_LIMIT, taking).await
        {
            Ok(taken) => taken.map_err(|error| failed(error.to_string()))?,
            Err(_) => {
                let limit = SNAPSHOT_LIMIT.as_secs();
                return Err(failed(format!("timed out after {limit} s")));
            }
        };
        if !status.success() {
            return Err(failed(format!("ssh failed with {status}: {message}")));
        }
        let questions = Box::new(Look::new(self.look()));
        let snapshot = NodeSnapshot::new(
            self.directory.path(),
            node,
            &printed,
            sent,
            received,
            questions,
        )
        .map_err(failed)?;
        let config = format!("etc/pve/nodes/{node}/lxc/{ct}.conf");
        if !snapshot.host.root.join(config).exists() {
            return Err(format!(
                "container {ct} is not on node {node}; it may have been migrated just now: try again"
            ));
        }
        if let Some(warning) = snapshot.clock_warning(node)
            && !self.warned.replace(true)
        {
            tracing::warn!("{warning}");
        }
        Ok(snapshot)
    }

    /// The command line that answers questions about the node.
    fn look(&self) -> Vec<String> {
        let words = look::command_words();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let mut argv = vec!["setsid".to_owned()];
        argv.extend(self.peer.over(&self.control, &words));
        argv
    }

    /// Ends the connection, and waits up to 7 s until everything that was started over it has ended.
    pub async fn close(&self) {
        drop(self.holding.take());
        let mut ended = self.ended.clone();
        for (limit, signal) in [(CLOSE_LIMIT, Signal::TERM), (KILL_LIMIT, Signal::KILL)] {
            if timeout(limit, ended.wait_for(Option::is_some))
                .await
                .is_ok()
            {
                return;
            }
            self.kill(signal);
        }
    }

    /// Only while it has not ended: its process ID may be reused afterwards.
    fn kill(&self, signal: Signal) {
        if self.ended.borrow().is_none()
            && let Some(group) = self.holder
        {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.kill(Signal::TERM);
    }
}

/// A shell script without its comment lines.
fn without_comments(script: &str) -> String {
    let lines = script
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What the messages mean with which ssh ended, and what to do next.
fn refusal(peer: &Peer, message: &str) -> String {
    let Peer { node, address, .. } = peer;
    if message.contains("Host key verification failed") {
        let system_wide = Path::new("/etc/ssh/ssh_known_hosts");
        let known_hosts = peer.known_hosts.as_deref().unwrap_or(system_wide).display();
        return format!(
            "cannot trust node {node} at {address}: its host key does not match {known_hosts}; if the key was changed \
             on purpose, run `pvecm updatecerts` on {node}"
        );
    }
    if message.contains("Permission denied") {
        return format!(
            "node {node} at {address} refuses root of this node: {message}; run `pvecm updatecerts` on this node"
        );
    }
    format!("cannot reach node {node} at {address}: {message}")
}

/// Reads a stream to its end and keeps the beginning, trimmed.
async fn messages(mut stream: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut stream)
        .take(MAX_MESSAGES)
        .read_to_end(&mut bytes)
        .await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    match String::from_utf8_lossy(&bytes).trim() {
        "" => "no message".to_owned(),
        message => message.to_owned(),
    }
}
