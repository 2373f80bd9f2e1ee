//! What happens to the container.

use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use super::{assert_all, fault, hangs, plays, while_it_hangs};
use crate::lab::{Container, pct, quiet};
use crate::lxcdiag::Ended;
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

fn kill(container: &Container) {
    let init = i32::try_from(container.init()).unwrap();
    kill_process(Pid::from_raw(init).unwrap(), Signal::KILL).unwrap();
}

/// The container is gone when the run ends.
fn goes(container: &Container, how: fn(&Container)) -> Ended {
    let ended = while_it_hangs(container, |_| how(container));
    start_again(container);
    ended
}

#[test]
fn of_the_container() {
    const GONE: &str = "3: passed errored errored";
    assert_all(&[
        fault("is stopped", GONE, |it| goes(it, |it| it.pct("stop"))),
        fault("is shut down", GONE, |it| goes(it, |it| it.pct("shutdown"))),
        fault("is rebooted", GONE, |it| {
            while_it_hangs(it, |_| it.pct("reboot"))
        }),
        fault("is killed", GONE, |it| goes(it, kill)),
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
