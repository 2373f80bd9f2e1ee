//! A user who follows a document: a directory, a shell in it, lxcdiag on the PATH, and a host whose container 958 is this
//! machine, with a systemd that always gives the same answers.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::environment::{Environment, as_root};
use crate::follow::Place;

const LXCDIAG: &str = env!("CARGO_BIN_EXE_lxcdiag");

/// The directory of programs that the sandbox replaces in the container's PATH.
const SHADOWED: &str = "/usr/local/sbin";

/// The systemd of a container without units.
const SYSTEMCTL: &str = r#"#!/bin/sh
case " $* " in
*" --version "*) echo 'systemd 252 (252.39-1)' ;;
*" show "*) printf 'LoadState=not-found\nActiveState=inactive\n' ;;
*" is-system-running "*) echo running ;;
*" daemon-reload "* | *" list-unit-files "*) ;;
*) echo 'Failed: Unit file does not exist.' >&2; exit 1 ;;
esac
"#;

pub struct Sandbox {
    environment: Environment,
}

impl Sandbox {
    pub fn new() -> Self {
        let environment = Environment::new();
        let sandbox = Self { environment };
        sandbox.program("container/systemctl", SYSTEMCTL);
        sandbox.program("container/journalctl", "#!/bin/sh\nexit 1\n");
        sandbox.program("container/systemd-analyze", "#!/bin/sh\nexit 1\n");
        // The shell in the container sets its own PATH: this replaces the first directory in what it reads. A named pipe is
        // used so that the shell is the process that was started, and holds no other pipe.
        sandbox.environment.write_pct(&format!(
            "if [ \"$1\" = list ]; then\n\
             printf 'VMID       Status     Lock         Name\\n958        running                 embed\\n'\n\
             exit\n\
             fi\n\
             while [ \"$1\" != -- ]; do shift; done\n\
             shift\n\
             words={}.$$\n\
             mkfifo \"$words\"\n\
             exec 3<&0\n\
             sed -u 's#{SHADOWED}#{}#g' <&3 >\"$words\" 2>/dev/null &\n\
             exec \"$@\" <\"$words\" 3<&-\n",
            sandbox.environment.path("words").display(),
            sandbox.environment.path("container").display(),
        ));
        // The incident: without it, nothing of the default unit is found.
        let upid = "UPID:pve1:00004369:00047A96:6B03719E:push_file:958:root@pam:";
        let status = "failed to create file: /etc/systemd/system/: Is a directory";
        sandbox.environment.write(
            "host/var/log/pve/tasks/index",
            &format!("{upid} 6B03719E {status}\n"),
        );
        // The tag and the pool of the examples.
        let config = "host/etc/pve/nodes/pve1/lxc/958.conf";
        let tagged = format!("{}tags: prod\n", sandbox.environment.read(config));
        sandbox.environment.write(config, &tagged);
        sandbox
            .environment
            .write("host/etc/pve/user.cfg", "pool:shop::958::\n");
        symlink(LXCDIAG, sandbox.environment.path("bin/lxcdiag")).unwrap();
        for directory in ["runbooks", "docs"] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
            let to = sandbox.environment.path("work").join(directory);
            symlink(from, to).unwrap();
        }
        sandbox
    }

    fn program(&self, path: &str, script: &str) {
        self.environment.write(path, script);
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.environment.path(path), runs).unwrap();
    }
}

impl Place for Sandbox {
    fn edit(&self, path: &str, text: &str) {
        let path = self.environment.path("work").join(path);
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    fn sh(&self, line: &str) -> Output {
        let words: Vec<_> = [as_root(), &["sh", "-c", line]].concat();
        let like = self.environment.command(&[]);
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .current_dir(self.environment.path("work"))
            .stdin(std::process::Stdio::null())
            .env_clear();
        for (name, value) in like.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let path = format!(
            "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            self.environment.path("bin").display()
        );
        command
            .env("PATH", path)
            .env("COLUMNS", "100")
            // Most users have `~/.config`.
            .env_remove("XDG_CONFIG_HOME")
            .output()
            .unwrap()
    }
}
