//! Containers that are broken so that they do not start: real `lxc-start`, in the steps of the true `pct start`. Each cause
//! must be named, and what is to be pasted must make the container start.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::lab::{Container, lab_directory};

/// A way to break a container.
struct Way {
    name: &'static str,
    /// Lines for the configuration; a line replaces the one with its key, unless the key is for LXC.
    config: &'static str,
    /// A script that breaks it on the node; `$root` is its root file system, `$ID` the container.
    breaks: &'static str,
    /// What a human does if the remedy needs a decision.
    repairs: &'static str,
    cause: &'static str,
    level: &'static str,
}

const fn way(
    name: &'static str,
    config: &'static str,
    breaks: &'static str,
    repairs: &'static str,
    cause: &'static str,
) -> Way {
    Way {
        name,
        config,
        breaks,
        repairs,
        cause,
        level: "confirmed",
    }
}

/// What needs no decision repairs itself: its remedy is pasted. `conf` is the configuration file.
const WAYS: &[Way] = &[
    way(
        "locked, unlocked since",
        "lock: backup",
        "",
        "sed -i '/^lock:/d' $conf",
        "locked",
    ),
    way(
        "a template",
        "template: 1",
        "",
        "sed -i '/^template:/d' $conf",
        "template",
    ),
    way(
        "no rootfs",
        "rootfs:",
        "",
        "sed -i '/^rootfs:/d' $conf; echo \"rootfs: local:$ID/subvol-$ID-disk-0.subvol\" >>$conf",
        "config-invalid",
    ),
    way(
        "no arch",
        "arch:",
        "",
        "echo 'arch: amd64' >>$conf",
        "config-invalid",
    ),
    way(
        "an unknown capability",
        "lxc.cap.drop: sys_foo",
        "",
        "sed -i '/^lxc.cap.drop/d' $conf",
        "config-invalid",
    ),
    way(
        "a seccomp policy that does not exist",
        "lxc.seccomp.profile: /etc/nope.seccomp",
        "",
        "sed -i '/^lxc.seccomp/d' $conf",
        "config-invalid",
    ),
    way(
        "a device that was unplugged",
        "dev0: /dev/ttyUSB9,mode=0660",
        "",
        "sed -i '/^dev0/d' $conf",
        "device-missing",
    ),
    way(
        "a device that is a file",
        "dev0: /dev/lxcdiag-device",
        "touch /dev/lxcdiag-device",
        "rm /dev/lxcdiag-device; sed -i '/^dev0/d' $conf",
        "device-missing",
    ),
    way(
        "a bridge that does not exist",
        "net0: name=eth0,bridge=vmbr99,type=veth",
        "",
        "sed -i 's/vmbr99/vmbr0/' $conf",
        "bridge-missing",
    ),
    way(
        "a bridge that exists again",
        "net0: name=eth0,bridge=brdiag$ID,type=veth",
        "",
        "ip link add brdiag$ID type bridge",
        "bridge-missing",
    ),
    way(
        "an MTU above that of the bridge",
        "net0: name=eth0,bridge=vmbr0,mtu=9000,type=veth",
        "",
        "sed -i 's/,mtu=9000//' $conf",
        "bridge-mtu",
    ),
    way(
        "a storage that is not defined",
        "mp0: nas:vm-1-disk-0,mp=/data",
        "",
        "sed -i '/^mp0/d' $conf",
        "storage-unavailable",
    ),
    way(
        "a volume that does not exist",
        "mp0: local:$ID/vm-$ID-disk-7.raw,mp=/data",
        "",
        "sed -i '/^mp0/d' $conf",
        "volume-missing",
    ),
    way(
        "a hook script that fails",
        "hookscript: local:snippets/fails-$ID.sh",
        "mkdir -p /var/lib/vz/snippets; printf '#!/bin/sh\\necho cannot reach nas; exit 5\\n' >/var/lib/vz/snippets/fails-$ID.sh; chmod 755 /var/lib/vz/snippets/fails-$ID.sh",
        "sed -i '/^hookscript/d' $conf",
        "hookscript-failed",
    ),
    way(
        "a hook script that does not exist",
        "hookscript: local:snippets/nope.sh",
        "",
        "sed -i '/^hookscript/d' $conf",
        "hookscript-failed",
    ),
    way(
        "a bind mount without its source",
        "mp0: /srv/lxcdiag-$ID,mp=/media/x",
        "",
        "mkdir /srv/lxcdiag-$ID",
        "bind-source-missing",
    ),
    way(
        "a bind mount of a file",
        "mp0: /srv/lxcdiag-$ID,mp=/media/x",
        "touch /srv/lxcdiag-$ID",
        "rm /srv/lxcdiag-$ID; mkdir /srv/lxcdiag-$ID",
        "bind-source-missing",
    ),
    way(
        "a mount point behind a symbolic link",
        "mp0: /srv/lxcdiag-$ID,mp=/data/x",
        "mkdir /srv/lxcdiag-$ID; ln -s /mnt $root/data",
        "rm $root/data",
        "mount-target-unusable",
    ),
    way(
        "a distribution that is not known",
        "",
        "echo ID=plan9 >$root/etc/os-release.new; cp -P $root/etc/os-release $root/etc/os-release.old; mv $root/etc/os-release.new $root/etc/os-release",
        "mv $root/etc/os-release.old $root/etc/os-release",
        "os-unsupported",
    ),
    way(
        "a read-only root file system",
        "rootfs: local:$ID/subvol-$ID-disk-0.subvol,ro=1",
        "",
        "sed -i 's/,ro=1//' $conf",
        "rootfs-read-only",
    ),
    way(
        "an image of zeros",
        "rootfs: local:$ID/vm-$ID-disk-9.raw",
        "truncate -s 64M /var/lib/vz/images/$ID/vm-$ID-disk-9.raw",
        "sed -i \"s|vm-$ID-disk-9.raw|subvol-$ID-disk-0.subvol|\" $conf",
        "rootfs-unmountable",
    ),
    way(
        "a full image",
        "rootfs: local:$ID/vm-$ID-disk-9.raw",
        "mkdir -p /run/full-$ID/etc; cp /etc/os-release /run/full-$ID/etc; mkfs.ext4 -q -F -O mmp -d /run/full-$ID /var/lib/vz/images/$ID/vm-$ID-disk-9.raw 16M; mount -o loop /var/lib/vz/images/$ID/vm-$ID-disk-9.raw /run/full-$ID; for size in 64k 1k; do dd if=/dev/zero of=/run/full-$ID/$size bs=$size 2>/dev/null || true; sync; done; umount /run/full-$ID; rm -r /run/full-$ID",
        "sed -i \"s|vm-$ID-disk-9.raw|subvol-$ID-disk-0.subvol|\" $conf",
        "rootfs-full",
    ),
    way(
        "an interface that is not on the node",
        "lxc.net.0.type: phys\nlxc.net.0.link: enp99s0",
        "",
        "sed -i '/^lxc.net/d' $conf",
        "interface-missing",
    ),
    way(
        "a limit that is not a number",
        "lxc.cgroup.memory.limit_in_bytes: 12Q\nlxc.cgroup2.memory.max: 12Q",
        "",
        "sed -i '/^lxc.cgroup/d' $conf",
        "cgroup-failed",
    ),
    way(
        "a mount entry without its source",
        "lxc.mount.entry: /dev/nope-$ID dev/nope none bind,create=dir 0 0",
        "",
        "sed -i '/^lxc.mount.entry/d' $conf",
        "mount-entry-failed",
    ),
    way(
        "an image without init",
        "",
        "mv $root/sbin/init $root/sbin/init.old",
        "mv $root/sbin/init.old $root/sbin/init",
        "init-missing",
    ),
    way(
        "an init that is not executable",
        "entrypoint: /etc/debian_version",
        "",
        "sed -i '/^entrypoint/d' $conf",
        "init-not-executable",
    ),
    way(
        "an init without its interpreter",
        "entrypoint: /etc/start",
        "printf '#!/bin/nope\\n' >$root/etc/start; chmod 755 $root/etc/start",
        "sed -i '/^entrypoint/d' $conf",
        "init-unusable",
    ),
    way(
        "an init for another processor",
        "entrypoint: /etc/foreign",
        "printf '\\177ELF\\002\\001\\001\\0\\0\\0\\0\\0\\0\\0\\0\\0\\002\\0\\026\\0' >$root/etc/foreign; chmod 755 $root/etc/foreign",
        "sed -i '/^entrypoint/d' $conf",
        "init-wrong-arch",
    ),
    way(
        "an init that ends",
        "entrypoint: /bin/true",
        "",
        "sed -i '/^entrypoint/d' $conf",
        "ends-at-once",
    ),
];

/// Those that need an unprivileged container.
const UNPRIVILEGED: &[Way] = &[
    way(
        "an ID that the node's root may not map",
        "lxc.idmap: u 0 100000 1000\nlxc.idmap: g 0 100000 65536\nlxc.idmap: u 1000 1717 1\nlxc.idmap: u 1001 101001 64535",
        "",
        "",
        "id-map-refused",
    ),
    way(
        "ranges that overlap",
        "lxc.idmap: u 0 100000 65536\nlxc.idmap: g 0 100000 65536\nlxc.idmap: u 1000 100500 1",
        "",
        "sed -i '/^lxc.idmap/d' $conf",
        "id-map-refused",
    ),
    way(
        "a bind mount without its source",
        "mp0: /srv/lxcdiag-$ID,mp=/media/x",
        "",
        "mkdir /srv/lxcdiag-$ID",
        "bind-source-missing",
    ),
    way(
        "a bridge that does not exist",
        "net0: name=eth0,bridge=vmbr99,type=veth",
        "",
        "sed -i 's/vmbr99/vmbr0/' $conf",
        "bridge-missing",
    ),
    way(
        "an image without init",
        "",
        "mv $root/sbin/init $root/sbin/init.old",
        "mv $root/sbin/init.old $root/sbin/init",
        "init-missing",
    ),
];

#[test]
fn a_privileged_container_that_does_not_start_is_diagnosed() {
    all(WAYS, &Container::privileged());
}

#[test]
fn an_unprivileged_container_that_does_not_start_is_diagnosed() {
    all(UNPRIVILEGED, &Container::unprivileged());
}

fn all(ways: &[Way], container: &Container) {
    container.reset();
    let node = Node::of(container);
    assert_eq!(node.diagnosed().id, "healthy");
    container.pct("stop");
    assert_eq!(node.diagnosed().id, "stopped-on-purpose");
    let only = std::env::var("LXCDIAG_TEST_START_ONLY").ok();
    let is_wanted = |way: &&Way| only.as_deref().is_none_or(|only| way.name == only);
    let mut wrong = String::new();
    for way in ways.iter().filter(is_wanted) {
        if let Err(why) = play(way, &node) {
            let _ = writeln!(wrong, "{}: {why}", way.name);
            container.reset();
            container.pct("stop");
        }
    }
    container.reset();
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Breaks a stopped container, diagnoses it, repairs it, starts it, and stops it.
fn play(way: &Way, node: &Node) -> Result<(), String> {
    node.configure(way.config);
    node.sh(way.breaks)?;
    let started = node.run("pct start $ID");
    // The recordings in runbooks/tests are made this way.
    if let Ok(directory) = std::env::var("LXCDIAG_TEST_START_RECORD") {
        let name = way.name.replace([' ', ','], "-");
        // By its name, so that recordings contain no path of this machine.
        let bin = Path::new(env!("CARGO_BIN_EXE_lxcdiag")).parent().unwrap();
        node.run(&format!(
            "cd {directory} && PATH={}:$PATH lxcdiag run start-failed --ct $ID --record start-{name}.json",
            bin.display()
        ));
    }
    let verdict = node.diagnosed();
    let is_right = (verdict.id.as_str(), verdict.level.as_str()) == (way.cause, way.level);
    let repaired = match is_right {
        true => node.repair(way, &verdict),
        false => Err(format!(
            "it is {verdict:?}; pct start: {}",
            String::from_utf8_lossy(&started.stderr)
        )),
    };
    // What was made outside of the container.
    node.sh("rm -rf /srv/lxcdiag-$ID /dev/lxcdiag-device /var/lib/vz/images/$ID/*.raw /var/lib/vz/snippets/fails-$ID.sh
             ip link del brdiag$ID 2>/dev/null || true
             sed -i '/^root:1717:1$/d' /etc/subuid /etc/subgid")?;
    repaired?;
    node.sh("pct stop $ID")
}

/// The verdict on a container.
#[derive(Debug)]
pub struct Verdict {
    pub id: String,
    level: String,
    pub commands: String,
}

/// The node of a container, with its files in their places.
pub struct Node<'a> {
    pub container: &'a Container,
    /// The configuration of the container before it is broken.
    config: String,
}

impl<'a> Node<'a> {
    pub fn of(container: &'a Container) -> Self {
        let config = std::fs::read_to_string(config_path(container.id)).unwrap();
        Self { container, config }
    }

    pub fn run(&self, script: &str) -> Output {
        let id = self.container.id.to_string();
        let prologue = "conf=/etc/pve/lxc/$ID.conf root=/var/lib/lxc/$ID/rootfs; [ -e $conf ] || conf=/etc/pve/nodes/pve1/lxc/$ID.conf\n";
        let mut command = Command::new(lab_directory().join("on-node"));
        command
            .args([&id, "bash", "-c", &format!("{prologue}{script}")])
            .env("ID", &id);
        command.output().unwrap()
    }

    pub fn sh(&self, script: &str) -> Result<(), String> {
        let output = self.run(&format!("set -e\n{script}"));
        match output.status.success() {
            true => Ok(()),
            false => Err(format!(
                "`{script}` failed: {}",
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }

    /// Puts the root file system on the storage `local`, and adds lines.
    pub fn configure(&self, lines: &str) {
        let id = self.container.id.to_string();
        let lines = format!(
            "rootfs: local:{id}/subvol-{id}-disk-0.subvol,size=0\n{}",
            lines.replace("$ID", &id)
        );
        let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
        let mut kept: Vec<String> = self.config.lines().map(str::to_owned).collect();
        for line in lines.lines() {
            if !line.starts_with("lxc.") {
                kept.retain(|other| key(other) != key(line));
            }
            if !line.ends_with(':') {
                kept.push(line.to_owned());
            }
        }
        std::fs::write(config_path(self.container.id), kept.join("\n") + "\n").unwrap();
    }

    pub fn report(&self) -> Value {
        let state = self.container.directory.path();
        let output = self.run(&format!(
            "XDG_STATE_HOME={} {} run start-failed --ct $ID --format json",
            state.display(),
            env!("CARGO_BIN_EXE_lxcdiag")
        ));
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    pub fn diagnosed(&self) -> Verdict {
        let report = self.report();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let verdict = &report["verdict"];
        let remedies = verdict["remedies"].as_array().cloned().unwrap_or_default();
        let now = remedies.into_iter().find(|remedy| remedy["kind"] == "now");
        Verdict {
            id: text(&verdict["id"]),
            level: text(&verdict["level"]),
            commands: now
                .map(|remedy| text(&remedy["commands"]))
                .unwrap_or_default(),
        }
    }

    /// Pastes the remedy; if it needs a decision, does what a human would do, and pastes what the report says then.
    fn repair(&self, way: &Way, verdict: &Verdict) -> Result<(), String> {
        if !way.repairs.is_empty() {
            if verdict.commands.contains("pct start")
                && !verdict.commands.contains("pct unlock")
                && !verdict.commands.contains("NEW:")
            {
                self.run(&verdict.commands);
            }
            self.sh(way.repairs)?;
        }
        let commands = match way.repairs.is_empty() {
            true => verdict.commands.clone(),
            false => self.diagnosed().commands,
        };
        // The lab has no vmbr0, and its `pct start` needs none: what the report then says asks for another bridge.
        let is_complete = commands.contains("pct start") && !commands.contains(":?");
        let pasted = match is_complete {
            true => self.run(&commands),
            false => self.run("pct start $ID"),
        };
        let after = self.diagnosed();
        if after.id != "healthy" {
            return Err(format!(
                "it is {after:?} after {commands:?}: {}",
                String::from_utf8_lossy(&pasted.stderr)
            ));
        }
        Ok(())
    }
}

fn config_path(id: u32) -> String {
    format!("/var/lib/lxcdiag-lab/host/etc/pve/nodes/pve1/lxc/{id}.conf")
}
