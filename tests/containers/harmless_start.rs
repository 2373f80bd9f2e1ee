//! The remedies of `start-failed`, pasted although the diagnosis is wrong.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::lab::Container;
use crate::start::Node;

/// A state of a container, and the script on its node that makes it.
struct State {
    name: &'static str,
    script: &'static str,
}

/// States in which the container runs, or only needs a start, or does not start for one reason.
const STATES: &[State] = &[
    State {
        name: "healthy",
        script: "",
    },
    State {
        name: "a masked unit",
        script: "ln -s /dev/null $root/etc/systemd/system/app.service",
    },
    State {
        name: "stopped",
        script: "pct stop $ID",
    },
    State {
        name: "locked",
        script: "pct stop $ID; sed -i '1ilock: backup' $conf; ! pct start $ID",
    },
    State {
        name: "little memory, and a device that is missing",
        script: "pct stop $ID; sed -i 's/^memory:.*/memory: 256/; 1idev0: /dev/lxcdiag-missing' $conf; ! pct start $ID",
    },
];

/// What a remedy could harm.
#[derive(Debug, PartialEq, Eq)]
struct Harmable {
    runs: bool,
    config: String,
    /// The files of the container that belong to its services and accounts.
    files: String,
}

impl Node<'_> {
    fn harmable(&self) -> Harmable {
        let text = |script: &str| String::from_utf8(self.run(script).stdout).unwrap();
        Harmable {
            runs: text("pct status $ID").contains("running"),
            config: text("cat $conf"),
            // Proxmox VE and systemd write these at a start.
            files: text(
                "cd $root && find etc opt srv home -xdev ! -path etc/.updated ! -path etc/machine-id ! -name resolv.conf \
                   ! -path etc ! -name network ! -path 'etc/network/interfaces*' ! -name host* \
                   -printf '%p %m %y %U:%G %l\\n' | sort; sha256sum etc/passwd etc/systemd/system/*.service 2>&1",
            ),
        }
    }

    fn make(&self, state: &State) {
        self.container.reset();
        self.configure("");
        self.sh(state.script).unwrap();
    }

    /// The commands of each hypothesis, the hypotheses that have them, and what they are said to change.
    fn every_remedy(&self) -> BTreeMap<String, (Vec<String>, String)> {
        let report = self.report();
        let mut remedies: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
        for hypothesis in report["hypotheses"].as_array().unwrap() {
            let text = hypothesis["remedy"].as_str().unwrap();
            let commands = text.lines().filter_map(|line| line.strip_prefix("  "));
            let commands: String = commands.map(|line| line.to_owned() + "\n").collect();
            if !commands.is_empty() {
                let entry = remedies.entry(commands).or_default();
                entry.0.push(text_of(&hypothesis["id"]));
                text.clone_into(&mut entry.1);
            }
        }
        remedies
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A start is no harm where the remedy says that it starts the container; nothing else may change.
fn harm(before: &Harmable, after: &Harmable, remedy: &str) -> Option<String> {
    let says_so = remedy.contains("starts the container");
    let is_well = after.config == before.config
        && after.files == before.files
        && (after.runs == before.runs || after.runs && says_so);
    (!is_well).then(|| format!("before: {before:#?}\nafter: {after:#?}"))
}

#[test]
fn a_remedy_for_another_start_fault_does_no_harm() {
    let container = Container::privileged();
    container.reset();
    let node = Node::of(&container);
    println!("state                                        remedies no effect  started  harmed");
    let mut harmed = Vec::new();
    for state in STATES {
        node.make(state);
        let own = node.diagnosed().id;
        let remedies = node.every_remedy();
        let mut before = node.harmable();
        let (mut none, mut started) = (0, 0);
        for (commands, (whose, text)) in &remedies {
            let script = container.directory.path().join("pasted");
            std::fs::write(&script, commands).unwrap();
            node.run(&format!("timeout 60 bash {}", Path::display(&script)));
            let after = node.harmable();
            if after == before {
                none += 1;
                continue;
            }
            // The right remedy may change the configuration.
            let is_right = whose.contains(&own);
            match harm(&before, &after, text).filter(|_| !is_right) {
                None => started += 1,
                Some(harm) => {
                    harmed.push(format!("{whose:?} in {}:\n{commands}{harm}", state.name))
                }
            }
            node.make(state);
            before = node.harmable();
        }
        println!(
            "{:44} {:>8} {none:>9} {started:>8} {:>7}",
            state.name,
            remedies.len(),
            remedies.len() - none - started
        );
    }
    container.reset();
    assert!(harmed.is_empty(), "{}", harmed.join("\n\n"));
}

/// The first remedy of a missing bridge asks for another one, and keeps what else the interface has.
#[test]
fn an_interface_is_connected_to_another_bridge() {
    let container = Container::privileged();
    container.reset();
    let node = Node::of(&container);
    node.sh("pct stop $ID; ip link add brdiag$ID type bridge")
        .unwrap();
    node.configure("net0: name=eth0,bridge=vmbr99,hwaddr=BC:24:11:00:00:01,type=veth");
    node.run("pct start $ID");
    let verdict = node.diagnosed();
    assert_eq!(verdict.id, "bridge-missing");
    let config = || String::from_utf8(node.run("sort $conf").stdout).unwrap();
    let before = config();
    let refused = node.run(&verdict.commands);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        said.contains("set BRIDGE to a bridge of this node"),
        "{said}"
    );
    assert_eq!(config(), before);
    let pasted = node.run(&format!("BRIDGE=brdiag$ID\n{}", verdict.commands));
    let after = config();
    let healthy = node.diagnosed().id;
    node.sh("ip link del brdiag$ID").unwrap();
    container.reset();
    let bridge = format!("brdiag{}", container.id);
    assert_eq!(after, before.replace("vmbr99", &bridge), "{pasted:?}");
    assert_eq!(healthy, "healthy");
}
