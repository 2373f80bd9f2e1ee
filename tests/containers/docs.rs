//! README.md, the usage and the tutorial, followed word by word in a real container, and other commands of the documents.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use regex::Regex;

use crate::lab::{self, Container};
use crate::lxcdiag;
use follow::{Place, follow};

#[path = "../docs/follow.rs"]
mod follow;
#[path = "../docs/markdown.rs"]
mod markdown;

/// A reader of a document, with a container in place of its 958.
struct Reader {
    container: Container,
}

impl Reader {
    fn new(container: Container) -> Self {
        let reader = Self { container };
        for directory in ["bin", "home", "work"] {
            std::fs::create_dir(reader.path(directory)).unwrap();
        }
        symlink(lxcdiag::binary(), reader.path("bin/lxcdiag")).unwrap();
        // The other containers of the lab belong to other tests.
        let pct = format!(
            "#!/bin/sh\n\
             [ \"$1\" != list ] || {{ '{pct}' list | grep -E '^(VMID|{id}) '; exit; }}\n\
             exec '{pct}' \"$@\"\n",
            pct = lab::pct().display(),
            id = reader.container.id,
        );
        std::fs::write(reader.path("bin/pct"), pct).unwrap();
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(reader.path("bin/pct"), runs).unwrap();
        reader
    }

    fn path(&self, path: &str) -> PathBuf {
        self.container.directory.path().join(path)
    }

    fn reads(&self, name: &str) {
        follow(self, name, &document(name));
    }
}

impl Place for Reader {
    fn edit(&self, path: &str, text: &str) {
        std::fs::write(self.path("work").join(path), text).unwrap();
    }

    fn sh(&self, line: &str) -> Output {
        let id = self.container.id;
        let line = line.replace(" 958", &format!(" {id}"));
        Command::new("sh")
            .args(["-c", &line])
            .current_dir(self.path("work"))
            .stdin(Stdio::null())
            .env_clear()
            .env(
                "PATH",
                format!(
                    "{}:/usr/sbin:/usr/bin:/sbin:/bin",
                    self.path("bin").display()
                ),
            )
            .env("COLUMNS", "100")
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("LXCDIAG_HOST_ROOT", lab::host_root())
            .env("LXCDIAG_PCT", lab::pct())
            .output()
            .unwrap()
    }
}

fn document(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap()
}

/// It ends with a new runbook that runs by its name, and a test of it that passes.
#[test]
fn the_tutorial_leads_to_a_new_runbook() {
    let reader = Reader::new(Container::pristine());
    reader.reads("docs/tutorial.md");
    let output = reader.sh("lxcdiag run nginx-up --ct 958 --format json");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"]["id"], "not-installed", "{report:#}");
    assert_eq!(report["verdict"]["level"], "confirmed", "{report:#}");
    assert_eq!(output.status.code(), Some(2));
    let recordings = std::fs::read_to_string(reader.path("work/nginx.json")).unwrap();
    assert!(recordings.contains("LoadState"), "{recordings}");
}

#[test]
fn the_readmes_commands_work() {
    let container = Container::privileged();
    container.inject("late-push", &[]);
    let reader = Reader::new(container);
    reader.reads("README.md");
    reader.reads("docs/usage.md");
}

/// The commands of "See" in hypotheses.md, in a healthy container.
#[test]
fn the_commands_in_the_explanations_work() {
    let container = Container::privileged();
    container.inject("healthy", &[]);
    let inline =
        Regex::new(r"`((?:stat|df|find|ls|readlink|cat|systemctl|systemd-analyze) [^`]*)`")
            .unwrap();
    let unit_file = Regex::new(r"\bU\b").unwrap();
    let text = document("docs/hypotheses.md");
    let mut count = 0;
    for line in text.lines().filter(|line| line.starts_with("**See.** ")) {
        for found in inline.captures_iter(line) {
            let command =
                unit_file.replace_all(&found[1], "/etc/systemd/system/embedding_server.service");
            let command = command.replace("app", "embedding_server");
            let said = container.sh(&format!("{{ {command}; }} 2>&1; echo \"exit $?\""));
            // readlink of a file that is not a link prints nothing and exits 1.
            let fine = said.ends_with("exit 0\n") || said == "exit 1\n";
            assert!(fine, "{command}: {said}");
            count += 1;
        }
    }
    assert!(count > 8, "{count}: the pattern no longer finds them");
}
