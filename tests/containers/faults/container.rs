//! What happens to the container.

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use super::{assert_all, fault, hangs, plays};
use crate::lab::{Container, pct, quiet};
use crate::wait::wait_until;

/// Where LXC puts the control group of a container.
fn group(container: &Container, controller: &str) -> String {
    let init = container.init();
    let groups = std::fs::read_to_string(format!("/proc/{init}/cgroup")).unwrap();
    let line = groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let is_it = controllers.split(',').any(|it| it == controller);
        is_it.then(|| path.trim_end_matches("/init.scope").to_owned())
    });
    format!("/sys/fs/cgroup/{controller}{}", line.unwrap())
}

/// LXC may still be cleaning up.
fn start_again(container: &Container) {
    let id = container.id.to_string();
    wait_until("start", || {
        quiet(Command::new(pct()).args(["start", &id]))
            .status
            .success()
    });
}

#[test]
fn of_the_container() {
    const GONE: &str = "3: passed errored errored";
    assert_all(&[
        fault("is stopped", GONE, |it| {
            let running = hangs(it);
            it.pct("stop");
            let ended = running.ended();
            start_again(it);
            ended
        }),
        fault("is shut down", GONE, |it| {
            let running = hangs(it);
            it.pct("shutdown");
            let ended = running.ended();
            start_again(it);
            ended
        }),
        fault("is rebooted", GONE, |it| {
            let running = hangs(it);
            it.pct("reboot");
            running.ended()
        }),
        fault("is killed", GONE, |it| {
            let running = hangs(it);
            let init = i32::try_from(it.init()).unwrap();
            kill_process(Pid::from_raw(init).unwrap(), Signal::KILL).unwrap();
            let ended = running.ended();
            start_again(it);
            ended
        }),
        fault("freezes, and thaws after the report", GONE, |it| {
            let running = hangs(it);
            let frozen = it.freeze();
            let ended = running.ended();
            drop(frozen);
            ended
        }),
        fault("may have no more processes", "69, no report", |it| {
            let limit = format!("{}/pids.max", group(it, "pids"));
            std::fs::write(&limit, "1").unwrap();
            let ended = plays(it, "true");
            std::fs::write(&limit, "max").unwrap();
            assert!(ended.stderr.contains("pids.max"), "{}", ended.stderr);
            ended
        }),
        fault(
            "has a full /tmp and a full disk",
            "0: passed passed passed",
            |it| {
                it.sh(
                    "mount -t tmpfs -o size=4k full /tmp; head -c 9000 /dev/zero >/tmp/x || true",
                );
                plays(it, "true")
            },
        ),
        fault(
            "has no /tmp, /run/lock and /var/tmp",
            "0: passed passed passed",
            |it| {
                it.sh("umount /tmp 2>/dev/null; rm -rf /tmp /var/tmp; true");
                plays(it, "true")
            },
        ),
        fault(
            "runs out of memory in the command",
            "3: passed failed passed",
            |it| {
                let limit = format!("{}/memory.limit_in_bytes", group(it, "memory"));
                std::fs::write(&limit, "67108864").unwrap();
                plays(it, "perl -e '$x = q(x) x 500_000_000; sleep 31415'")
            },
        ),
    ]);
}
