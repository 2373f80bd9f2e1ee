//! A node with one stopped container, 958, as files.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::environment::Environment;

/// The root file system of the container below the node's.
const ROOT: &str = "host/var/lib/vz/images/958/subvol-958-disk-0.subvol";
const IMAGE: &str = "host/var/lib/vz/images/958/vm-958-disk-0.raw";

pub struct Node {
    environment: Environment,
    config: String,
    /// How long ago the next task began, in seconds.
    ago: u64,
}

/// The verdict on the container.
#[derive(Debug)]
pub struct Verdict {
    pub id: String,
    pub level: Option<String>,
    /// Other causes that are at least likely.
    pub also: Vec<String>,
    /// The commands of the first "fix now" remedy.
    pub commands: String,
}

impl Node {
    pub fn new() -> Self {
        let node = Self {
            environment: Environment::new(),
            config: "arch: amd64\nhostname: embed\nostype: debian\nrootfs: local:958/subvol-958-disk-0.subvol,size=0\n".to_owned(),
            ago: 1000,
        };
        node.environment.write(
            "host/proc/net/unix",
            "Num RefCount Protocol Flags Type St Inode Path\n",
        );
        node.environment
            .write("host/proc/mounts", "/dev/sda1 / ext4 rw 0 0\n");
        fs::create_dir_all(node.environment.path("host/sys/class/net/vmbr0")).unwrap();
        fs::create_dir_all(node.environment.path("host/dev")).unwrap();
        let node = node
            .in_root("bin/sh", "program")
            .in_root("sbin/init", "#!/bin/sh\n");
        node.in_root("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
            .in_root("etc/debian_version", "12.5\n")
    }

    /// Adds lines to the configuration. Of several lines with one key, the last counts.
    pub fn config(mut self, lines: &str) -> Self {
        self.config.push_str(lines);
        self
    }

    pub fn write(self, path: &str, text: &str) -> Self {
        self.environment.write(&format!("host/{path}"), text);
        self
    }

    pub fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.environment.path(&format!("host/{path}"))).unwrap();
        self
    }

    /// Writes an executable file in the container.
    pub fn in_root(self, path: &str, text: &str) -> Self {
        self.environment.write(&format!("{ROOT}/{path}"), text);
        self.mode_in_root(path, 0o755)
    }

    pub fn mode_in_root(self, path: &str, mode: u32) -> Self {
        let path = self.environment.path(&format!("{ROOT}/{path}"));
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn without_root(self, path: &str) -> Self {
        fs::remove_file(self.environment.path(&format!("{ROOT}/{path}"))).unwrap();
        self
    }

    pub fn empty_root(self) -> Self {
        let root = self.environment.path(ROOT);
        fs::remove_dir_all(&root).unwrap();
        fs::create_dir(&root).unwrap();
        self
    }

    /// Makes an ext4 image of the root file system, as Proxmox VE does.
    pub fn image(self) -> Self {
        let made = Command::new("/sbin/mkfs.ext4")
            .args(["-q", "-F", "-O", "mmp", "-d"])
            .arg(self.environment.path(ROOT))
            .arg(self.environment.path(IMAGE))
            .arg("16M")
            .status();
        assert!(made.unwrap().success());
        self
    }

    pub fn without_in_image(self, path: &str) -> Self {
        let removed = Command::new("/sbin/debugfs")
            .args(["-w", "-R", &format!("rm /{path}")])
            .arg(self.environment.path(IMAGE))
            .output();
        assert!(removed.unwrap().status.success());
        self
    }

    /// Makes a file of the image immutable.
    pub fn immutable_in_image(self, path: &str) -> Self {
        let set = Command::new("/sbin/debugfs")
            .args([
                "-w",
                "-R",
                &format!("set_inode_field /{path} flags 0x80010"),
            ])
            .arg(self.environment.path(IMAGE))
            .output();
        assert!(set.unwrap().status.success());
        self
    }

    /// An image whose blocks are all in use, but for those that ext4 keeps for itself.
    pub fn full_image(self) -> Self {
        let node = self.image();
        let image = node.environment.path(IMAGE);
        let used = Command::new("/sbin/debugfs")
            .args(["-w", "-R", "set_super_value free_blocks_count 100"])
            .arg(&image)
            .output();
        assert!(used.unwrap().status.success());
        node
    }

    /// The last start failed with this status, and the task printed these words.
    pub fn failed(mut self, status: &str, words: &str) -> Self {
        self = self.task("vzstart", "958", status);
        let begin = self.begin();
        let upid = upid(begin, "vzstart", "958");
        let output = format!("{words}\nTASK ERROR: {status}\n");
        self.environment.write(
            &format!("host/var/log/pve/tasks/{:X}/{upid}", begin & 0xf),
            &output,
        );
        self
    }

    /// A task that has ended.
    pub fn task(mut self, kind: &str, id: &str, status: &str) -> Self {
        self.ago -= 10;
        let begin = self.begin();
        let index = self.environment.path("host/var/log/pve/tasks/index");
        let mut text = fs::read_to_string(&index).unwrap();
        text.push_str(&format!(
            "{} {:08X} {status}\n",
            upid(begin, kind, id),
            begin + 1
        ));
        fs::write(index, text).unwrap();
        if kind == "startall" {
            self.environment.write(
                &format!(
                    "host/var/log/pve/tasks/{:X}/{}",
                    begin & 0xf,
                    upid(begin, kind, id)
                ),
                "TASK OK\n",
            );
        }
        self
    }

    /// A task of a container that is still running: the process of this test.
    pub fn running_task(self, kind: &str, id: &str) -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap();
        let ticks: i64 = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_ascii_whitespace()
            .nth(19)
            .unwrap()
            .parse()
            .unwrap();
        let pid = std::process::id();
        self.environment
            .write(&format!("host/proc/{pid}/stat"), &stat);
        let begin = self.begin();
        let line = format!("UPID:pve1:{pid:08X}:{ticks:08X}:{begin:08X}:{kind}:{id}:root@pam: 0\n");
        self.environment
            .write("host/var/log/pve/tasks/active", &line);
        self
    }

    fn begin(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
            - self.ago
    }

    /// What LXC printed in the last start.
    pub fn lxc(self, words: &str) -> Self {
        self.environment.write("host/run/pve/ct-958.stderr", words);
        self
    }

    /// What LXC printed in an earlier start.
    pub fn older_lxc(self, words: &str) -> Self {
        let node = self.lxc(words);
        let file = File::options()
            .write(true)
            .open(node.environment.path("host/run/pve/ct-958.stderr"));
        file.unwrap()
            .set_modified(SystemTime::now() - Duration::from_secs(node.ago + 600))
            .unwrap();
        node
    }

    pub fn running(self) -> Self {
        self.write(
            "proc/net/unix",
            "0: 00000002 00000000 00010000 0001 01 80296 @/var/lib/lxc/958/command\n",
        )
    }

    /// Each file of the host with its type, mode, owner, size, link target and times of change.
    fn listing(&self) -> String {
        let format = "%p %y %m %U %s %l %T@ %C@\n";
        let mut find = std::process::Command::new("find");
        find.arg(self.environment.path("host"))
            .args(["-printf", format]);
        let listed = find.output().unwrap();
        assert!(listed.status.success(), "{listed:?}");
        String::from_utf8(listed.stdout).unwrap()
    }

    pub fn diagnosed(&self) -> Verdict {
        self.environment
            .write("host/etc/pve/nodes/pve1/lxc/958.conf", &self.config);
        // Without pct: nothing is to be run in the container.
        let _ = fs::remove_file(self.environment.path("bin/pct"));
        let before = self.listing();
        let finished =
            self.environment
                .as_root(&["run", "start-failed", "--ct", "958", "--format", "json"]);
        assert_eq!(self.listing(), before, "the host was changed");
        let report: Value =
            serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished}"));
        let verdict = &report["verdict"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = text(&verdict["id"]).unwrap();
        let others = report["hypotheses"].as_array().unwrap().iter();
        let also = others.filter(|it| {
            ["confirmed", "likely"].contains(&it["verdict"].as_str().unwrap())
                && it["id"] != id.as_str()
        });
        let also = also.map(|it| text(&it["id"]).unwrap()).collect();
        let remedies = verdict["remedies"].as_array().cloned().unwrap_or_default();
        let now = remedies.iter().find(|remedy| remedy["kind"] == "now");
        Verdict {
            level: text(&verdict["level"]),
            also,
            commands: now
                .and_then(|remedy| text(&remedy["commands"]))
                .unwrap_or_default()
                .trim()
                .to_owned(),
            id,
        }
    }

    /// Fails unless this is the verdict; `level` is empty for those without one.
    pub fn is(&self, id: &str, level: &str) {
        let verdict = self.diagnosed();
        let level = (!level.is_empty()).then_some(level);
        assert_eq!(
            (verdict.id.as_str(), verdict.level.as_deref()),
            (id, level),
            "{verdict:?}"
        );
    }
}

fn upid(begin: u64, kind: &str, id: &str) -> String {
    format!("UPID:pve1:0000ABCD:00000001:{begin:08X}:{kind}:{id}:root@pam:")
}
