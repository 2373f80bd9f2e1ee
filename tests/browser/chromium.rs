//! A separate chromium for each test, controlled by the DevTools protocol through a pair of pipes:
//! messages in JSON, each ended by a NUL (<https://chromedevtools.github.io/devtools-protocol/>).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long to wait for chromium: it has died if it is silent for longer.
const SILENCE: Duration = Duration::from_secs(60);

/// Tests run as root in CI, where chromium has no sandbox; it only loads pages of these tests.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

pub struct Chromium {
    child: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    sent: u64,
    /// The events so far, in order.
    pub events: Vec<Value>,
    /// Removed at the end.
    profile: tempfile::TempDir,
}

impl Chromium {
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            // It reads requests from descriptor 3, and answers on 4.
            .args([
                "-c",
                "exec chromium \"$@\" 3<&0 4>&1 0</dev/null 1>&2",
                "sh",
            ])
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for message in answers.split(0) {
                let message = serde_json::from_slice(&message.unwrap()).unwrap();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            requests,
            messages,
            sent: 0,
            events: Vec::new(),
            profile,
        }
    }

    /// A file for the browser to load.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.profile.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        format!("file://{}", path.display())
    }

    /// Calls a method, and waits for its result.
    pub fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut request = json!({ "id": self.sent, "method": method, "params": parameters });
        if let Some(session) = session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = request.to_string().into_bytes();
        bytes.push(0);
        self.requests.write_all(&bytes).unwrap();
        loop {
            let mut message = self.next(method);
            if message["id"] == self.sent {
                assert!(
                    message.get("error").is_none(),
                    "{method}: {}",
                    message["error"]
                );
                return message["result"].take();
            }
            self.events.push(message);
        }
    }

    /// Waits for an event, unless it has happened already.
    pub fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let message = self.next(method);
            self.events.push(message);
        }
    }

    fn next(&self, what: &str) -> Value {
        let message = self.messages.recv_timeout(SILENCE);
        message.unwrap_or_else(|error| {
            panic!("chromium gave no answer to {what} ({error}): is it installed? apt-get install chromium")
        })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
