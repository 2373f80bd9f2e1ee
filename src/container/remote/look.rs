//! Questions about the files of another node, answered there by a fixed, read-only script.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::without_comments;
use crate::container::client::command;
use crate::host::Questions;

/// The script that answers one question, its argument.
const ANSWER: &str = include_str!("look.sh");
/// Answers each line of its input with a line: what the script `$1` prints about it, in base64. A file system that hangs
/// costs one answer.
const LOOP: &str = r#"echo 'lxcdiag: ready'
while IFS= read -r question; do
    timeout -s KILL 5 sh -c "$1" look "$question" </dev/null 2>&1 | base64 -w 0
    echo
done"#;
/// What it prints first. The login shell of root may print something before it.
const READY: &str = "lxcdiag: ready";
/// How long it may run on the node, in seconds, whatever hangs there.
const LONGEST: &str = "60";

/// Timeout for one answer: that of the script, and a second for the way.
const ANSWER_LIMIT: Duration = Duration::from_secs(6);
/// Timeout for all answers, less than that of a look at the host.
const ALL_LIMIT: Duration = Duration::from_secs(18);
/// Most bytes before the first answer, of an answer in base64, and of all answers.
const MAX_GREETING: usize = 64 * 1024;
const MAX_ANSWER: usize = 8 * 1024 * 1024;
const MAX_ALL: usize = 128 * 1024 * 1024;

/// A shell on another node, started for the first question.
#[derive(Debug)]
pub(super) struct Look {
    argv: Vec<String>,
    shell: Option<Shell>,
    /// Why it does not answer any more.
    lost: Option<String>,
}

#[derive(Debug)]
struct Shell {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    ends: Instant,
    left: usize,
}

/// The command that answers questions on a node.
pub(super) fn command_words() -> Vec<String> {
    let words = ["timeout", "-s", "KILL", LONGEST, "sh", "-c", LOOP, "look"];
    let mut words: Vec<_> = words.map(str::to_owned).into();
    words.push(without_comments(ANSWER));
    words
}

impl Look {
    /// Asks the shell that `argv` starts.
    pub(super) const fn new(argv: Vec<String>) -> Self {
        Self {
            argv,
            shell: None,
            lost: None,
        }
    }
}

impl Questions for Look {
    fn ask(&mut self, question: &str) -> io::Result<Vec<u8>> {
        if let Some(reason) = &self.lost {
            return Err(io::Error::other(reason.clone()));
        }
        let answered = match &mut self.shell {
            Some(shell) => shell.ask(question),
            None => {
                Shell::start(&self.argv).and_then(|shell| self.shell.insert(shell).ask(question))
            }
        };
        match answered {
            Ok(answer) => content(&answer),
            Err(error) => {
                // A late answer would be read as that of the next question.
                self.shell = None;
                self.lost = Some(error.to_string());
                Err(error)
            }
        }
    }
}

impl Shell {
    fn start(argv: &[String]) -> io::Result<Self> {
        let mut child = command(argv)?.spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("ssh has no pipes"));
        };
        // What ssh says is not needed: without an answer, everything is unknown.
        drop(child.stderr.take());
        let mut shell = Self {
            child,
            questions,
            answers: BufReader::new(answers),
            ends: Instant::now() + ALL_LIMIT,
            left: MAX_GREETING,
        };
        while shell.line()? != READY.as_bytes() {}
        shell.left = MAX_ALL;
        Ok(shell)
    }

    fn ask(&mut self, question: &str) -> io::Result<Vec<u8>> {
        // A shell that does not read it gives no answer, which is noticed below.
        let _ = writeln!(self.questions, "{question}");
        let line = self.line()?;
        STANDARD
            .decode(line)
            .map_err(|_| io::Error::other("unexpected answer of the node"))
    }

    /// The next line, within the time and the size that are left.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let ends = self.ends.min(Instant::now() + ANSWER_LIMIT);
        let mut line = Vec::new();
        loop {
            if self.answers.buffer().is_empty() {
                self.wait(ends)?;
            }
            let buffer = self.answers.fill_buf()?;
            if buffer.is_empty() {
                return Err(io::Error::other("the node does not answer any more"));
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let count = end.unwrap_or(buffer.len());
            line.extend_from_slice(buffer.get(..count).unwrap_or_default());
            self.answers.consume(count + usize::from(end.is_some()));
            if line.len() >= MAX_ANSWER.min(self.left) {
                return Err(io::Error::other("the answer of the node is too long"));
            }
            if end.is_some() {
                self.left = self.left.saturating_sub(line.len() + 1);
                return Ok(line);
            }
        }
    }

    fn wait(&self, ends: Instant) -> io::Result<()> {
        let left = ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut waited = [PollFd::new(self.answers.get_ref(), PollFlags::IN)];
        match poll(&mut waited, Some(&left)) {
            Ok(0) => Err(io::ErrorKind::TimedOut.into()),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Shell {
    /// The shell on the node ends when its input does.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the script printed, without its last line, which has the status.
fn content(answer: &[u8]) -> io::Result<Vec<u8>> {
    let lines = answer.strip_suffix(b"\n");
    let end = lines.and_then(|lines| lines.iter().rposition(|byte| *byte == b'\n'));
    let parts = end.and_then(|end| Some((answer.get(..end)?, answer.get(end + 1..)?)));
    match parts {
        Some((content, b"0\n")) => Ok(content.to_vec()),
        Some((message, _)) => {
            let message = String::from_utf8_lossy(message).trim().to_owned();
            match message.ends_with("No such file or directory") {
                true => Err(io::ErrorKind::NotFound.into()),
                false => Err(io::Error::other(message)),
            }
        }
        None => Err(io::ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests;
