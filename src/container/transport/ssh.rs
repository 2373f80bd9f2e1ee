//! A client on another node, reached as Proxmox VE itself reaches other nodes: by OpenSSH as root. Command lines only.

use super::{ENVIRONMENT, Transport, words};
use crate::evidence::container_id::ContainerId;
use crate::evidence::time::Interval;
use crate::host::Peer;
use crate::shell_quote;

/// Timeout for connecting to a node, in seconds.
const CONNECT_SECONDS: u32 = 10;
/// A connection is lost if the node does not answer three times in a row, at this interval in seconds.
const ALIVE_SECONDS: u32 = 5;

/// Printed by the process that holds a connection once it is open.
pub const READY: &str = "lxcdiag: connected";

/// Runs the client, `"$@"`, until the connection ends.
///
/// sshd sends no signal when a connection ends; it only closes the client's input. The shell in the
/// container notices that once its command has ended, which may take long. So the whole group gets TERM
/// a second after the end of input, as a local client does. `kill 0` reaches only this group, which
/// setsid(1) has created.
const CLIENT: &str = r#"trap : TERM
{ trap 'exit 0' TERM; cat; exec >&-; sleep 1; kill 0; } 2>/dev/null | { trap : TERM; "$@"; status=$?; kill 0; exit $status; }"#;

impl Peer {
    /// The command line that opens a connection and shares it at the socket `control` until its standard
    /// input ends. It prints [`READY`] once the connection is open.
    pub fn connect(&self, control: &str) -> Vec<String> {
        let mut argv = self.ssh(control);
        argv.extend(words(&["-M", "-o", "ControlPersist=no"]));
        let alive = format!("ServerAliveInterval={ALIVE_SECONDS}");
        let connect = format!("ConnectTimeout={CONNECT_SECONDS}");
        argv.extend(words(&[
            "-o",
            &connect,
            "-o",
            &alive,
            "-o",
            "ServerAliveCountMax=3",
        ]));
        let hold = format!("echo {}; exec cat >/dev/null", shell_quote::word(READY));
        argv.extend(self.command(&["sh", "-c", &hold]));
        argv
    }

    /// The command line that runs a command over the connection at `control`, and never over a
    /// connection of its own.
    pub fn over(&self, control: &str, command: &[&str]) -> Vec<String> {
        let mut argv = self.ssh(control);
        // Without the socket, ssh would open a connection itself; this proxy always fails.
        argv.extend(words(&[
            "-o",
            "ControlMaster=no",
            "-o",
            "ProxyCommand=false",
        ]));
        argv.extend(self.command(command));
        argv
    }

    /// The options of `PVE::SSHInfo`.
    fn ssh(&self, control: &str) -> Vec<String> {
        let alias = format!("HostKeyAlias={}", self.node);
        let mut argv = words(&[
            "ssh",
            "-T",
            "-e",
            "none",
            "-o",
            "BatchMode=yes",
            "-o",
            &alias,
        ]);
        if let Some(known_hosts) = &self.known_hosts {
            let file = format!("UserKnownHostsFile={}", known_hosts.display());
            argv.extend(words(&["-o", &file, "-o", "GlobalKnownHostsFile=none"]));
        }
        argv.extend(words(&["-S", control]));
        argv
    }

    /// The destination, and a command quoted for any login shell of root, with the same environment as
    /// the local client.
    fn command(&self, command: &[&str]) -> Vec<String> {
        let mut line = String::from("exec env -i");
        for (name, value) in ENVIRONMENT {
            line.push_str(&format!(" {name}={value}"));
        }
        for word in command {
            line.push(' ');
            line.push_str(&shell_quote::word(word));
        }
        vec![format!("root@{}", self.address), "--".to_owned(), line]
    }
}

/// A client on another node.
pub struct Ssh<'a> {
    /// The node.
    pub peer: &'a Peer,
    /// The socket of the connection to it.
    pub control: &'a str,
    /// The transport on that node.
    pub inner: &'a dyn Transport,
    /// How far the node's clock is ahead of this node's, in nanoseconds.
    pub clock_offset: Interval,
}

impl Transport for Ssh<'_> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn argv(&self, ct: ContainerId) -> Vec<String> {
        let inner = self.inner.argv(ct);
        // In a session of its own there as well. The child of sshd leads one already, so setsid forks.
        let mut command = vec!["setsid", "--wait", "sh", "-c", CLIENT, "lxcdiag"];
        command.extend(inner.iter().skip(1).map(String::as_str));
        let mut argv = words(&["setsid"]);
        argv.extend(self.peer.over(self.control, &command));
        argv
    }

    fn shown(&self, ct: ContainerId) -> String {
        format!("{} (on node {})", self.inner.shown(ct), self.peer.node)
    }

    fn push(&self, _: ContainerId, _: &str, _: &str) -> Result<Vec<String>, String> {
        let node = &self.peer.node;
        Err(format!(
            "lxcdiag must run on node {node} itself to push a file into the container"
        ))
    }

    fn clock_offset(&self) -> Interval {
        self.clock_offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::transport::{LxcAttach, Pct};
    use crate::fixture::ct;

    fn peer() -> Peer {
        Peer {
            node: "pve2".to_owned(),
            address: "10.0.0.2".to_owned(),
            known_hosts: None,
        }
    }

    const ENV: &str = "exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
                       LC_ALL=C.UTF-8 TZ=UTC";

    #[test]
    fn the_command_line_of_a_client_on_another_node() {
        let peer = peer();
        let ssh = Ssh {
            peer: &peer,
            control: "/run/lxcdiag-x/ssh",
            inner: &Pct::default(),
            clock_offset: Interval::at(0),
        };
        let argv = ssh.argv(ct(958));
        let (line, words) = argv.split_last().unwrap();
        assert_eq!(
            words.join(" "),
            "setsid ssh -T -e none -o BatchMode=yes -o HostKeyAlias=pve2 -S /run/lxcdiag-x/ssh \
             -o ControlMaster=no -o ProxyCommand=false root@10.0.0.2 --"
        );
        assert!(line.starts_with(&format!("{ENV} setsid --wait sh -c 'trap : TERM\n")));
        assert!(line.ends_with("' lxcdiag pct exec 958 -- sh"), "{line}");
        assert_eq!(ssh.shown(ct(958)), "pct exec 958 -- sh (on node pve2)");
        let ssh = Ssh {
            inner: &LxcAttach,
            ..ssh
        };
        let line = ssh.argv(ct(958)).pop().unwrap();
        assert!(
            line.ends_with("' lxcdiag lxc-attach -n 958 --keep-env -- sh"),
            "{line}"
        );
    }

    #[test]
    fn the_command_line_that_holds_a_connection() {
        let peer = Peer {
            known_hosts: Some("/etc/pve/nodes/pve2/ssh_known_hosts".into()),
            ..peer()
        };
        assert_eq!(
            peer.connect("/run/x").join(" "),
            format!(
                "ssh -T -e none -o BatchMode=yes -o HostKeyAlias=pve2 \
                 -o UserKnownHostsFile=/etc/pve/nodes/pve2/ssh_known_hosts \
                 -o GlobalKnownHostsFile=none -S /run/x -M -o ControlPersist=no \
                 -o ConnectTimeout=10 -o ServerAliveInterval=5 -o ServerAliveCountMax=3 \
                 root@10.0.0.2 -- {ENV} sh -c 'echo '\\''lxcdiag: connected'\\''; exec cat >/dev/null'"
            )
        );
    }

    #[test]
    fn the_remote_shell_splits_the_command_into_the_same_words() {
        let odd = "it's \"$HOME\" `id`\n*;&|\\ é";
        let argv = peer().over("/run/x", &["printf", "%s,", odd, ""]);
        let output = std::process::Command::new("sh")
            .args(["-c", &argv[argv.len() - 1]])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            format!("{odd},,")
        );
    }

    /// Without ssh: the wrapper returns the client's exit status, and a busy client ends after its input.
    #[test]
    fn the_wrapper_ends_with_the_client_and_the_client_with_its_input() {
        let run = |client: &str, input: &str| {
            let line = format!(
                "({input}) | setsid --wait sh -c \"$0\" lxcdiag sh -c {}",
                shell_quote::word(client)
            );
            let output = std::process::Command::new("sh")
                .args(["-c", &line, CLIENT])
                .output()
                .unwrap();
            let text = |bytes| String::from_utf8(bytes).unwrap();
            (
                output.status.code(),
                text(output.stdout),
                text(output.stderr),
            )
        };
        // The input stays open: the end of the client is enough.
        let refused = run("echo no >&2; exit 255", "sleep 0.2");
        assert_eq!(refused, (Some(255), String::new(), "no\n".to_owned()));
        assert_eq!(
            run("read -r it; echo \"$it\"; exit 7", "echo hello"),
            (Some(7), "hello\n".to_owned(), String::new())
        );
        // An idle client ends at the end of its input.
        assert_eq!(
            run("cat; exit 7", "echo hello"),
            (Some(7), "hello\n".to_owned(), String::new())
        );
        let (status, stdout, _) = run("trap 'echo ended; exit 3' TERM; sleep 31415 & wait", "true");
        assert_eq!((status, stdout.as_str()), (Some(3), "ended\n"));
    }
}
