//! What runs in a container, and what runs on the host for it, seen in the host's /proc.

use std::fs;
use std::time::{Duration, Instant};

use crate::lab::Container;

impl Container {
    /// The command lines of what was put into the container from outside: all but its first process and what systemd
    /// keeps in groups of its own.
    pub fn strays(&self) -> Vec<String> {
        let init = self.init();
        let space = fs::read_link(format!("/proc/{init}/ns/pid")).unwrap();
        command_lines(|pid| {
            pid != init
                && fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|own| own == space)
                && fs::read_to_string(format!("/proc/{pid}/cgroup"))
                    .is_ok_and(|groups| !groups.contains(".slice/") && !groups.contains(".scope"))
        })
    }

    /// The command lines of the clients on the host that lead into the container.
    pub fn clients(&self) -> Vec<String> {
        let id = self.id.to_string();
        let mut clients = command_lines(|pid| {
            let words = words_of(pid);
            words.contains(&id) && words.iter().any(|word| word == "exec" || word == "-n")
        });
        // The monitor that LXC keeps for each container.
        clients.retain(|line| !line.starts_with("lxc-start"));
        clients
    }

    /// Waits until a command line that begins like this runs in the container.
    #[track_caller]
    pub fn wait_for(&self, beginning: &str) {
        let begun = Instant::now();
        while !self.strays().iter().any(|line| line.starts_with(beginning)) {
            assert!(
                begun.elapsed() < Duration::from_secs(15),
                "`{beginning}` does not come to run in the container"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// That within `limit` nothing is left that lxcdiag started, in the container or on the host.
    #[track_caller]
    pub fn assert_nothing_left_within(&self, limit: Duration) {
        let begun = Instant::now();
        loop {
            let left = [self.strays(), self.clients()].concat();
            if left.is_empty() {
                return;
            }
            assert!(
                begun.elapsed() < limit,
                "still running after {limit:?}: {left:#?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub fn assert_nothing_left(&self) {
        // A moment for what has been killed to be gone from /proc.
        self.assert_nothing_left_within(Duration::from_millis(200));
    }
}

pub fn command_lines(wanted: impl Fn(u32) -> bool) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| wanted(*pid))
        .map(|pid| words_of(pid).join(" "))
        // What has ended and was not waited for yet.
        .filter(|line| !line.is_empty())
        .collect()
}

pub fn words_of(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect()
}
