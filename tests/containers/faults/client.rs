//! What happens to the client on the host, and to lxcdiag.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rustix::process::Signal;

use super::{assert_all, fault, three_checks, while_it_hangs};
use crate::lab::{self, Container};
use crate::lxcdiag::{Ended, JSON, binary, run};

/// A run with this script in place of `pct`; `$PCT` is the real one.
fn with_pct(container: &Container, script: &str) -> Ended {
    let path = container.directory.path().join("pct");
    let text = format!("#!/bin/sh\nPCT={}\n{script}\n", lab::pct().display());
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let runbook = container.runbook(&three_checks("echo second"));
    let mut command = Command::new(binary());
    let id = container.id.to_string();
    command
        .args([
            "run",
            &runbook,
            "--allow-changes",
            "--ct",
            &id,
            "--timeout",
            "20s",
            "--pct",
        ])
        .arg(&path)
        .args(JSON)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LXCDIAG_HOST_ROOT", lab::host_root())
        .env("XDG_STATE_HOME", container.directory.path());
    run(&mut command)
}

/// A run below a script that sets something up and then starts `"$@"`.
fn below(container: &Container, script: &str) -> Ended {
    let runbook = container.runbook(&three_checks("echo second"));
    let mut command = Command::new("unshare");
    let id = container.id.to_string();
    command
        .args(["--mount", "sh", "-ec", script, "sh"])
        .arg(binary())
        .args(["run", &runbook, "--allow-changes", "--ct", &id, "--pct"])
        .arg(lab::pct())
        .args(JSON)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("LXCDIAG_HOST_ROOT", lab::host_root());
    run(&mut command)
}

#[test]
fn of_the_client() {
    const REFUSED: &str = "69, no report";
    const FINE: &str = "0: passed passed passed";
    assert_all(&[
        fault("pct fails at once", REFUSED, |it| {
            with_pct(it, "echo no luck >&2; exit 255")
        }),
        fault("pct says nothing, and exits 0", REFUSED, |it| {
            with_pct(it, "exit 0")
        }),
        fault("pct never answers", "3: skipped skipped skipped", |it| {
            with_pct(it, "exec sleep 31415.9")
        }),
        fault("pct is slow", FINE, |it| {
            with_pct(it, "sleep 3; exec $PCT \"$@\"")
        }),
        fault("pct prints a warning first", FINE, |it| {
            with_pct(
                it,
                "echo 'warning: old kernel'; echo 'warning: x' >&2; exec $PCT \"$@\"",
            )
        }),
        fault("pct floods stderr first", FINE, |it| {
            with_pct(
                it,
                "head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; exec $PCT \"$@\"",
            )
        }),
        fault("pct hangs after the shell has ended", FINE, |it| {
            with_pct(it, "$PCT \"$@\"; exec sleep 31415.9")
        }),
    ]);
}

fn signalled(container: &Container, signal: Signal) -> Ended {
    while_it_hangs(container, |running| running.signal(signal))
}

#[test]
fn of_lxcdiag() {
    const FINE: &str = "0: passed passed passed";
    assert_all(&[
        fault("SIGINT", "130: passed errored skipped", |it| {
            signalled(it, Signal::INT)
        }),
        fault("SIGTERM", "143: passed errored skipped", |it| {
            signalled(it, Signal::TERM)
        }),
        fault("SIGHUP", "143: passed errored skipped", |it| {
            signalled(it, Signal::HUP)
        }),
        fault("SIGKILL", "137, no report", |it| {
            signalled(it, Signal::KILL)
        }),
        fault("has no HOME and no XDG_STATE_HOME", FINE, |it| {
            below(it, "exec \"$@\"")
        }),
        fault("the state and TMPDIR are read-only", FINE, |it| {
            below(
                it,
                "mount -t tmpfs -o ro none /mnt; export TMPDIR=/mnt XDG_STATE_HOME=/mnt; exec \"$@\"",
            )
        }),
        fault("the disk of the state is full", FINE, |it| {
            below(
                it,
                "mount -t tmpfs -o size=4k none /mnt; head -c 9000 /dev/zero >/mnt/x || true; export XDG_STATE_HOME=/mnt; exec \"$@\"",
            )
        }),
        fault("may open 64 files", FINE, |it| {
            below(it, "ulimit -n 64; exec \"$@\"")
        }),
        fault("may use 512 MiB of addresses", FINE, |it| {
            below(it, "ulimit -v 524288; exec \"$@\"")
        }),
    ]);
}
