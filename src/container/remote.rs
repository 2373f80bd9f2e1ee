//! The connection to another node of the cluster: opened once, used for all of its containers.
//!
//! One ssh holds it, in a session of its own, for as long as this process keeps its standard input
//! open: if lxcdiag is killed, the connection ends, and with it, on the other node, what was started
//! over it. What is looked at there is a fixed, read-only script; nothing of a runbook's runs there
//! but in containers.

mod error;
mod links;
mod look;

use std::cell::Cell;
use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::process::ChildStdin;
use tokio::sync::watch;
use tokio::time::timeout;

pub use error::LinkError;
pub use links::Links;
pub use look::Look;

use crate::clock::now;
use crate::container::spawn;
use crate::container::transport::{READY, Ssh, Transport};
use crate::host::Peer;

/// Containers at once over one connection: sshd grants it ten sessions (`MaxSessions`), of which
/// one holds it, and as many as are begun may still be ending.
pub const AT_ONCE: usize = 4;

/// How long a connection may take; ssh itself waits 10 s for an answer, the rest is to log in.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// How long one look at a node may take.
const LOOK_LIMIT: Duration = Duration::from_secs(20);
/// How long what was interrupted on the node may take to end: 1 s to be told, 1 s between TERM and
/// KILL, and the sweep.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);
/// How long it may take to heed TERM.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// How much is read of what a look prints; it is bounded there as well.
const MAX_LOOK: u64 = 32 * 1024 * 1024;
/// How much is kept of what ssh says.
const MAX_SAID: u64 = 4096;

/// Where the socket is: in memory, root's alone, and by a path short enough for a socket's.
const RUN: &str = "/run";
/// Removes the directory of the socket, which is `$0`, also when nobody else is there to do so.
const HOLD: &str = r#"trap : TERM; "$@"; status=$?; rm -rf -- "$0"; exit $status"#;

/// A connection to another node. Dropping it ends it; only [`close`](Self::close) waits for that.
pub struct Link {
    peer: Peer,
    /// Where ssh listens.
    control: String,
    /// Where that is, and the copies of looks.
    directory: TempDir,
    /// What holds the connection; its group, too.
    holder: Option<Pid>,
    /// Open for as long as the connection is to be.
    holding: Cell<Option<ChildStdin>>,
    /// Whether it has been said that the clocks differ.
    warned: Cell<bool>,
    /// What ssh said, once it has ended.
    ended: watch::Receiver<Option<String>>,
}

impl Link {
    /// Opens the connection, within 20 s.
    ///
    /// # Errors
    /// When there is none: a [`LinkError`] that says why.
    pub async fn open(peer: Peer) -> Result<Self, LinkError> {
        let failed = |source| LinkError::NotStarted { source };
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
            return Err(failed(io::Error::other("it came without pipes")));
        };
        let holder = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let (sender, mut ended) = watch::channel(None);
        tokio::spawn(async move {
            let said = said(stderr).await;
            let _ = child.wait().await;
            sender.send_replace(Some(said));
        });
        let link = Self {
            peer,
            control,
            directory,
            holder,
            holding: Cell::new(Some(holding)),
            warned: Cell::new(false),
            ended: ended.clone(),
        };
        let mut lines = BufReader::new(stdout.take(MAX_SAID)).lines();
        let ready = async {
            // Root's shell there may have something to say before.
            while let Ok(Some(line)) = lines.next_line().await {
                if line == READY {
                    return Ok(());
                }
            }
            let said = ended.wait_for(Option::is_some).await.ok();
            Err(said.and_then(|said| said.clone()).unwrap_or_default())
        };
        match timeout(OPEN_LIMIT, ready).await {
            Ok(Ok(())) => Ok(link),
            Ok(Err(said)) => Err(LinkError::refused(&link.peer, said)),
            Err(_) => Err(LinkError::Silent {
                node: link.peer.node.clone(),
                address: link.peer.address.clone(),
                limit: OPEN_LIMIT,
            }),
        }
    }

    /// The way into the containers of a node that was [looked at](Self::look).
    pub fn transport<'a>(&'a self, inner: &'a dyn Transport, look: &Look) -> Ssh<'a> {
        Ssh {
            peer: &self.peer,
            control: &self.control,
            inner,
            clock_offset: look.clock_offset,
        }
    }

    /// Looks at the node, for one container, within 20 s.
    ///
    /// # Errors
    /// [`LinkError::Lost`], [`LinkError::NoLook`], and [`LinkError::Moved`] where the container is
    /// not there.
    pub async fn look(&self, ct: u32) -> Result<Look, LinkError> {
        let node = self.peer.node.clone();
        if let Some(said) = self.ended.borrow().clone() {
            return Err(LinkError::Lost { node, said });
        }
        let failed = |why: String| LinkError::NoLook {
            node: node.clone(),
            why,
        };
        let looking = async {
            let sent = now();
            let id = ct.to_string();
            let mut argv = vec!["setsid".to_owned()];
            argv.extend(
                self.peer
                    .over(&self.control, &["sh", "-s", "--", &id, &node]),
            );
            let mut child = spawn(&argv, true)?;
            let (Some(mut stdin), Some(stdout), Some(stderr)) =
                (child.stdin.take(), child.stdout.take(), child.stderr.take())
            else {
                return Err(io::Error::other("ssh came without pipes"));
            };
            let reading = async {
                let mut stdout = BufReader::new(stdout.take(MAX_LOOK));
                let mut printed = Vec::new();
                while !look::is_first(&printed) {
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
                // Who does not read it shows by what it does not print.
                let _ = stdin.write_all(look::script().as_bytes()).await;
                drop(stdin);
            };
            let (read, (), said) = tokio::join!(reading, sending, said(stderr));
            let (printed, received) = read?;
            let status = child.wait().await?;
            Ok((status, printed, said, sent, received))
        };
        let (status, printed, said, sent, received) = match timeout(LOOK_LIMIT, looking).await {
            Ok(looked) => looked.map_err(|error| failed(error.to_string()))?,
            Err(_) => {
                let limit = LOOK_LIMIT.as_secs();
                return Err(failed(format!("it has not answered in {limit} s")));
            }
        };
        if !status.success() {
            return Err(failed(format!("ssh ended with {status} and said: {said}")));
        }
        let look =
            Look::new(self.directory.path(), &node, &printed, sent, received).map_err(failed)?;
        let config = format!("etc/pve/nodes/{node}/lxc/{ct}.conf");
        if !look.host.root.join(config).exists() {
            return Err(LinkError::Moved { ct, node });
        }
        if let Some(warning) = look.of_clock(&node)
            && !self.warned.replace(true)
        {
            tracing::warn!("{warning}");
        }
        Ok(look)
    }

    /// Ends the connection, and waits until what was started over it has ended: 7 s at most.
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

    /// As long as it has not ended: the number may be another's afterwards.
    fn kill(&self, signal: Signal) {
        if self.ended.borrow().is_none()
            && let Some(group) = self.holder
        {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.kill(Signal::TERM);
    }
}

/// The beginning of what a stream says until its end.
async fn said(mut stream: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    let _ = (&mut stream).take(MAX_SAID).read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    match String::from_utf8_lossy(&bytes).trim() {
        "" => "nothing".to_owned(),
        said => said.to_owned(),
    }
}
