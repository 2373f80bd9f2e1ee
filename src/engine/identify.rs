//! Identifies the container: its operating system and systemd, for the head of every report.

use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::container::Session;
use crate::evidence::recording::{Ending, Target};
use crate::host::Host;
use crate::shell_quote::command_line;

/// Prints the name in `/etc/os-release`, then that of systemd's shared library, which contains the version: `systemctl --version`
/// takes longer. The shell starts no program.
pub const PROBE: &str = "while read -r line || [ -n \"$line\" ]; do case $line in PRETTY_NAME=*) echo \"$line\" ;; esac; \
    done </etc/os-release; for f in /usr/lib/systemd/libsystemd-shared-*.so \
    /usr/lib/*/systemd/libsystemd-shared-*.so /lib/systemd/libsystemd-shared-*.so; do \
    [ -e \"$f\" ] && echo \"$f\"; done";

/// Far longer than it takes. Without an answer, the report lacks these versions.
const LIMIT: Duration = Duration::from_secs(5);

/// Fills in what the container's node sees in its files. Returns whether that is all: then no command has to ask.
pub(super) async fn identify_from_host(host: &Host, target: &mut Target) -> bool {
    let (host, ct) = (host.clone(), target.ct);
    // On a thread of its own: a file system may hang.
    let task = spawn_blocking(move || host.release(ct));
    let Ok(Ok(Some(text))) = timeout(LIMIT, task).await else {
        return false;
    };
    read(&text, target);
    target.os.is_some()
}

/// Fills in what a command in the container can determine.
pub(super) async fn identify(session: &mut Session, target: &mut Target) {
    let argv = ["sh", "-c", PROBE].map(str::to_owned);
    tracing::debug!("container {}: {}", target.ct, command_line(&argv));
    let exchange = session.run(&argv, LIMIT).await;
    if matches!(exchange.ending, Ending::Exited(_)) {
        read(&exchange.stdout.text(), target);
    }
}

fn read(text: &str, target: &mut Target) {
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("PRETTY_NAME=") {
            target.os = Some(name.trim_matches(['"', '\'']).to_owned());
        } else if let Some((_, version)) = line.split_once("/libsystemd-shared-") {
            target.systemd = Some(version.trim_end_matches(".so").to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn os_and_systemd_are_read() {
        let mut target = Target::new(crate::fixture::ct(958));
        read(
            "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n\
             /usr/lib/x86_64-linux-gnu/systemd/libsystemd-shared-252.so\n",
            &mut target,
        );
        assert_eq!(target.os.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(target.systemd.as_deref(), Some("252"));
    }
}
