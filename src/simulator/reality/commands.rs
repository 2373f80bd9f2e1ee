//! What the events of a history are in a container of the lab: shell scripts; and how commands are run.

use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::simulator::event::{Delivery, Event, How, Place};
use crate::simulator::unit_text::Text;
use crate::simulator::world::UNIT_DIR;
use crate::simulator::{EPOCH, Nanos, SECOND, UNIT};

/// What the clock shows, in nanoseconds since the Unix epoch.
pub(super) fn wall() -> Nanos {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("a clock after 1970").as_nanos() as Nanos
}

/// The shell that delivers a file inside the container: it waits for a line before it opens the file.
pub(super) fn written(delivery: &Delivery, from_host: bool) -> String {
    let path = delivery.to.path();
    let (directory, name) = path.rsplit_once('/').expect("a path");
    let old = format!("touch -m -d @{}", EPOCH / SECOND - 3 * 86_400);
    let renamed = |from: &str, then: &str| format!("cat >{from}{then}; mv -f {from} {path}");
    let rest = match delivery.how {
        How::Archive => format!("cat >{path}; {old} {path}"),
        How::Rsync => {
            let from = format!("{directory}/.{name}.Xa1b2C");
            renamed(&from, &format!("; {old} {from}"))
        }
        How::Package => {
            let from = format!("{path}.dpkg-new");
            renamed(&from, &format!("; {old} {from}"))
        }
        How::Move => renamed("/etc/.provision.tmp", ""),
        // Seen from the host, root is no user of an unprivileged container.
        How::HostCopy => {
            let owner = if from_host { 0 } else { 65534 };
            format!("cat >{path}; chmod 600 {path}; chown {owner} {path}")
        }
        _ => format!("cat >{path}"),
    };
    format!("umask 022; read -r go; mkdir -p {directory}; {rest}")
}

/// What an event is in the container.
pub(super) fn script(event: &Event) -> String {
    let unit = Place::Unit.path();
    let text = |text: Text, path: &str| {
        let bytes = text.bytes().iter().map(|byte| format!("\\{byte:03o}"));
        format!("printf '{}' >{path}", bytes.collect::<String>())
    };
    let reload = "systemctl daemon-reload";
    match event {
        Event::Deliver(delivery) => {
            format!("ln -s {} {}", Place::Target.path(), delivery.to.path())
        }
        Event::Reload(_) => reload.to_owned(),
        Event::Enable(_) => format!("systemctl enable {UNIT}"),
        Event::Start(_) => format!("systemctl start {UNIT}"),
        Event::Disable(_) => {
            format!(
                "[ ! -L {UNIT_DIR}/multi-user.target.wants/{UNIT} ] || systemctl disable {UNIT}"
            )
        }
        Event::Move { from, to, .. } => {
            let (from, to) = (from.path(), to.path());
            let (directory, _) = to.rsplit_once('/').expect("a path");
            format!("[ ! -e {from} ] || {{ mkdir -p {directory}; mv -f {from} {to}; }}")
        }
        Event::Remove { at, .. } => format!("rm -rf {}", at.path()),
        Event::Chmod { mode, .. } => format!("chmod {mode:o} {unit}"),
        Event::Chown { owner, .. } => format!("chown {owner} {unit}"),
        Event::Edit { text: new, .. } => {
            let file = format!("{unit}.new");
            format!(
                "[ ! -f {unit} ] || {{ {}; mv -f {file} {unit}; }}",
                text(*new, &file)
            )
        }
        Event::Mask(_) => format!("rm -rf {unit}; ln -s /dev/null {unit}; {reload}"),
        Event::Unmask(_) => {
            format!("[ \"$(readlink {unit})\" != /dev/null ] || systemctl unmask {UNIT}")
        }
        Event::MakeDirectory(_) => format!("[ -L {unit} ] || [ -e {unit} ] || mkdir {unit}"),
        Event::AddInitScript(_) => {
            let file = "/etc/init.d/embedding_server";
            format!(
                "mkdir -p /etc/init.d; {}; chmod 755 {file}",
                text(Text::InitScript, file)
            )
        }
        Event::DeclareAlias(_) => text(
            Text::Aliased,
            "/usr/lib/systemd/system/embedding-server.service",
        ),
        Event::Cover(_) => format!("mount -t tmpfs -o mode=755 cover {UNIT_DIR}"),
        Event::Uncover(_) => format!("umount {UNIT_DIR}"),
        Event::Exchange(_) => format!(
            "cp -a {UNIT_DIR} {UNIT_DIR}.new; mv {UNIT_DIR} {UNIT_DIR}.old; mv {UNIT_DIR}.new {UNIT_DIR}; rm -rf {UNIT_DIR}.old"
        ),
        Event::RotateJournal => "journalctl --rotate; journalctl --vacuum-time=1us".to_owned(),
        other => unreachable!("{other:?} is not played inside"),
    }
}

/// Waits for a state; what takes too long shows in the recording.
pub(super) fn wait(mut is_reached: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_reached() && begun.elapsed() < Duration::from_secs(2) {
        sleep(Duration::from_millis(2));
    }
}

pub(super) fn lab() -> Command {
    Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/lab"))
}

pub(super) fn pct() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/pct")
}

pub(super) fn silent(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// Runs a command to its end. Its output goes to files: a container that it starts would hold a pipe open.
pub(super) fn quiet(command: &mut Command) -> Output {
    use std::io::{Read as _, Seek as _};
    let mut files = [(); 2].map(|()| tempfile::tempfile().expect("a file"));
    let [stdout, stderr] = &files;
    command.stdin(Stdio::null());
    command
        .stdout(stdout.try_clone().expect("a file"))
        .stderr(stderr.try_clone().expect("a file"));
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let [stdout, stderr] = files.each_mut().map(|file| {
        let mut bytes = Vec::new();
        file.rewind()
            .and_then(|()| file.read_to_end(&mut bytes))
            .expect("output");
        bytes
    });
    Output {
        status,
        stdout,
        stderr,
    }
}

pub(super) fn succeed(command: &mut Command) -> Output {
    let output = quiet(command);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{text}",
        output.status
    );
    output
}
