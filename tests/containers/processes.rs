//! What runs in a container, and what runs on the host for it, as the host's /proc shows it.

use std::fs;

use crate::lab::Container;
use crate::wait::{wait_until, wait_until_none};

impl Container {
    /// The command lines of what was put into the container from outside: all but its first process and what systemd
    /// keeps in control groups of its own.
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
        wait_until(beginning, || {
            self.strays().iter().any(|line| line.starts_with(beginning))
        });
    }

    /// Waits until nothing runs any more that lxcdiag started, in the container or on the host. A test's commands must
    /// not end by themselves in the meantime.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        wait_until_none(|| [self.strays(), self.clients()].concat());
    }
}

pub fn command_lines(wanted: impl Fn(u32) -> bool) -> Vec<String> {
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| wanted(*pid))
        .map(|pid| words_of(pid).join(" "))
        // A process that has ended has no command line until its parent waits for it.
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
