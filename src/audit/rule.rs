//! The rules by name, with the explanation of each for `lxcdiag audit --explain` and the documents of the rules.

use serde::Serialize;

/// A rule. Its name is stable: never renamed, never given another meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each has its explanation")]
pub enum Rule {
    PushDirectory,
    PushGlob,
    PushArguments,
    PushMissingParent,
    PushBeforeStart,
    PushOutsideUnitPath,
    PushBackground,
    PushToTmpAtBoot,
    PushErrorBranchDead,
    PushOutputDiscarded,
    PushUnchecked,
    EnableBeforePush,
    ReloadBeforePush,
    UnitNameMismatch,
    EnableWithoutPush,
    ContainerMismatch,
    NoInstallSection,
    HostSideCommand,
    RedirectOnHost,
    RootfsCopy,
    ExecDashWithoutSeparator,
    VariableLost,
    ExpandedTooEarly,
    ErrorSwallowed,
    ExecBeforeSystemdReady,
    SleepAsSynchronisation,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// What it fires on.
    pub what: &'static str,
    /// Why that is wrong.
    pub why: &'static str,
    /// A script on which it fires.
    pub example: &'static str,
    /// The same script, put right.
    pub fix: &'static str,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 26] = [
        Self::PushDirectory,
        Self::PushGlob,
        Self::PushArguments,
        Self::PushMissingParent,
        Self::PushBeforeStart,
        Self::PushOutsideUnitPath,
        Self::PushBackground,
        Self::PushToTmpAtBoot,
        Self::PushErrorBranchDead,
        Self::PushOutputDiscarded,
        Self::PushUnchecked,
        Self::EnableBeforePush,
        Self::ReloadBeforePush,
        Self::UnitNameMismatch,
        Self::EnableWithoutPush,
        Self::ContainerMismatch,
        Self::NoInstallSection,
        Self::HostSideCommand,
        Self::RedirectOnHost,
        Self::RootfsCopy,
        Self::ExecDashWithoutSeparator,
        Self::VariableLost,
        Self::ExpandedTooEarly,
        Self::ErrorSwallowed,
        Self::ExecBeforeSystemdReady,
        Self::SleepAsSynchronisation,
    ];

    /// The rule of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Rules about one call of `pct push`.
    pub(super) const fn is_about_pushing(self) -> bool {
        (self as u8) < (Self::EnableBeforePush as u8)
    }

    /// The name, as in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PushDirectory => "push-directory",
            Self::PushGlob => "push-glob",
            Self::PushArguments => "push-arguments",
            Self::PushMissingParent => "push-missing-parent",
            Self::PushBeforeStart => "push-before-start",
            Self::PushOutsideUnitPath => "push-outside-unit-path",
            Self::PushBackground => "push-background",
            Self::PushToTmpAtBoot => "push-to-tmp-at-boot",
            Self::PushErrorBranchDead => "push-error-branch-dead",
            Self::PushOutputDiscarded => "push-output-discarded",
            Self::PushUnchecked => "push-unchecked",
            Self::EnableBeforePush => "enable-before-push",
            Self::ReloadBeforePush => "reload-before-push",
            Self::UnitNameMismatch => "unit-name-mismatch",
            Self::EnableWithoutPush => "enable-without-push",
            Self::ContainerMismatch => "container-mismatch",
            Self::NoInstallSection => "no-install-section",
            Self::HostSideCommand => "host-side-command",
            Self::RedirectOnHost => "redirect-on-host",
            Self::RootfsCopy => "rootfs-copy",
            Self::ExecDashWithoutSeparator => "exec-dash-without-separator",
            Self::VariableLost => "variable-lost",
            Self::ExpandedTooEarly => "expanded-too-early",
            Self::ErrorSwallowed => "error-swallowed",
            Self::ExecBeforeSystemdReady => "exec-before-systemd-ready",
            Self::SleepAsSynchronisation => "sleep-as-synchronisation",
        }
    }

    /// What `--explain` prints.
    pub const fn explanation(self) -> Explanation {
        match self {
            Self::PushDirectory => Explanation {
                what: "a push whose source or destination is a directory",
                why: "pct push copies one file to one file name. Given a directory it copies nothing and exits \
                0; a directory as source leaves an empty file, which systemd calls masked.",
                example: "set -e
pct push 958 units/ /etc/systemd/system/
",
                fix: r#"set -e
for unit in units/*.service; do
  pct push 958 "$unit" "/etc/systemd/system/${unit##*/}"
  pct exec 958 -- test -s "/etc/systemd/system/${unit##*/}"
done
"#,
            },
            Self::PushGlob => Explanation {
                what: "a pattern in the source of a push",
                why: "In quotes it stays a pattern, and pct push looks for a file of that name. Without quotes, \
                more than one match is refused.",
                example: "set -e
pct push 958 'units/*.service' /etc/systemd/system/app.service
",
                fix: r#"set -e
for unit in units/*.service; do
  pct push 958 "$unit" "/etc/systemd/system/${unit##*/}"
  pct exec 958 -- test -s "/etc/systemd/system/${unit##*/}"
done
"#,
            },
            Self::PushArguments => Explanation {
                what: "a push with other arguments than container, source, destination",
                why: "pct push has the options --perms, --user and --group only. It refuses every other call and \
                 copies nothing.",
                example: "set -e
pct push 958 -r app.service /etc/systemd/system/app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service --perms 0644
pct exec 958 -- test -s /etc/systemd/system/app.service
",
            },
            Self::PushMissingParent => Explanation {
                what: "a push into a directory that nothing makes",
                why: "pct push makes no directories. If the directory is missing, it copies nothing and exits 0.",
                example: "set -e
pct push 958 app.conf /etc/myapp/app.conf
",
                fix: "set -e
pct exec 958 -- mkdir -p /etc/myapp
pct push 958 app.conf /etc/myapp/app.conf
",
            },
            Self::PushBeforeStart => Explanation {
                what: "a push into a container that the script created or stopped, and has not started",
                why: "pct can only push files to a running container.",
                example: "set -e
pct stop 958
pct push 958 app.conf /etc/app.conf
",
                fix: "set -e
pct stop 958
pct start 958
pct push 958 app.conf /etc/app.conf
",
            },
            Self::PushOutsideUnitPath => Explanation {
                what: "a unit file pushed to where systemd does not look",
                why: "systemd reads units from /etc/systemd/system and a few other directories, not from those \
                below, and only from files with the suffix of a unit.",
                example: "set -e
pct push 958 app.service /root/app.service
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::PushBackground => Explanation {
                what: "a push in the background, with no wait before the container's units are read",
                why: "The file may be missing or incomplete when systemd reads it. Several pushes at once wait \
                for one lock, for 10 s.",
                example: "set -e
pct push 958 app.service /etc/systemd/system/app.service &
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service &
wait
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::PushToTmpAtBoot => Explanation {
                what: "a push to /tmp as the first call after the start",
                why: "While the container boots, systemd empties /tmp or mounts over it. A file pushed within \
                the first half second is lost.",
                example: "set -e
pct start 958
pct push 958 app.tar /tmp/app.tar
",
                fix: "set -e
pct start 958
pct push 958 app.tar /root/app.tar
",
            },
            Self::PushErrorBranchDead => Explanation {
                what: "an error branch on a push that is hardly ever taken",
                why: "pct push exits 0 even if the copy fails. The branch is taken only if the container does \
                not run or its lock is held.",
                example: "pct push 958 app.conf /etc/app.conf || exit 1
",
                fix: "pct push 958 app.conf /etc/app.conf || exit 1
pct exec 958 -- test -s /etc/app.conf || exit 1
",
            },
            Self::PushOutputDiscarded => Explanation {
                what: "a push whose messages go to /dev/null",
                why: "pct push exits 0 even if the copy fails. Its message is the only sign of that on the spot; \
                 the task log has it, too.",
                example: "set -e
pct push 958 app.conf /etc/app.conf 2>/dev/null
",
                fix: "set -e
pct push 958 app.conf /etc/app.conf
",
            },
            Self::PushUnchecked => Explanation {
                what: "a unit file that is pushed and used, with no check in between",
                why: "pct push exits 0 even if the copy fails. The failure shows only when the unit is enabled.",
                example: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::EnableBeforePush => Explanation {
                what: "a unit that is enabled or started before it is brought",
                why: "systemctl enable reads the disk at that moment: \"Unit file does not exist\".",
                example: "set -e
pct exec 958 -- systemctl enable app.service
pct push 958 app.service /etc/systemd/system/app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::ReloadBeforePush => Explanation {
                what: "a reload before the push of a unit, and none after it",
                why: "A unit that was loaded before goes on with its old text. A new one needs no reload, and \
                enable reloads by itself.",
                example: "set -e
pct exec 958 -- systemctl daemon-reload
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl restart app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl daemon-reload
pct exec 958 -- systemctl restart app.service
",
            },
            Self::UnitNameMismatch => Explanation {
                what: "a unit whose name differs a little from the one that is brought",
                why: "systemctl takes `-` and `_`, upper and lower case, and suffixes literally: \"Unit file \
                does not exist\".",
                example: "set -e
pct push 958 my_app.service /etc/systemd/system/my_app.service
pct exec 958 -- test -s /etc/systemd/system/my_app.service
pct exec 958 -- systemctl enable my-app.service
",
                fix: "set -e
pct push 958 my_app.service /etc/systemd/system/my_app.service
pct exec 958 -- test -s /etc/systemd/system/my_app.service
pct exec 958 -- systemctl enable my_app.service
",
            },
            Self::EnableWithoutPush => Explanation {
                what: "a unit that nothing brings to a container which the script creates",
                why: "A new container has only the units of its template: \"Unit file does not exist\".",
                example: "set -e
pct create 958 local:vztmpl/debian-12.tar.zst --start 1
pct exec 958 -- hostname
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct create 958 local:vztmpl/debian-12.tar.zst --start 1
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::ContainerMismatch => Explanation {
                what: "a unit that is brought to one container and used in another",
                why: "Each container has its own units.",
                example: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 985 -- systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
            Self::NoInstallSection => Explanation {
                what: "enable of a unit whose text has no [Install] section",
                why: "systemctl enable exits 0 and enables nothing: the unit does not start at boot.",
                example: "set -e
pct exec 958 -- tee /etc/systemd/system/app.service <<EOF
[Service]
ExecStart=/usr/bin/app
EOF
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct exec 958 -- tee /etc/systemd/system/app.service <<EOF
[Service]
ExecStart=/usr/bin/app
[Install]
WantedBy=multi-user.target
EOF
pct exec 958 -- systemctl enable app.service
",
            },
            Self::HostSideCommand => Explanation {
                what: "a systemctl that runs on the host instead of in the container",
                why: "The host's shell ends pct exec at `&&`, `||` and `;`. What follows runs on the host, and \
                fails there with the same text.",
                example: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl daemon-reload && systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- bash -c 'systemctl daemon-reload && systemctl enable app.service'
",
            },
            Self::RedirectOnHost => Explanation {
                what: "the output of pct exec redirected to a unit directory",
                why: "The host's shell opens the file: it is written on the host.",
                example: "set -e
pct exec 958 -- cat > /etc/systemd/system/app.service <<EOF
[Service]
ExecStart=/usr/bin/app
EOF
",
                fix: "set -e
pct exec 958 -- bash -c 'cat > /etc/systemd/system/app.service' <<EOF
[Service]
ExecStart=/usr/bin/app
EOF
",
            },
            Self::RootfsCopy => Explanation {
                what: "a file put below /var/lib/lxc/ID/rootfs without pct mount",
                why: "The container's root is mounted in its monitor's namespace only. On the host, that \
                directory is empty.",
                example: "set -e
cp app.service /var/lib/lxc/958/rootfs/etc/systemd/system/
",
                fix: "set -e
pct mount 958
cp app.service /var/lib/lxc/958/rootfs/etc/systemd/system/
pct unmount 958
",
            },
            Self::ExecDashWithoutSeparator => Explanation {
                what: "pct exec without `--` before a command with options",
                why: "pct takes the option for its own and exits 2. Nothing is run.",
                example: "set -e
pct exec 958 bash -c 'echo hello'
",
                fix: "set -e
pct exec 958 -- bash -c 'echo hello'
",
            },
            Self::VariableLost => Explanation {
                what: "a quoted script that uses a variable which only the host's script sets",
                why: "The quotes keep the host's shell from filling it in, and the container's shell does not \
                know it: it is empty.",
                example: r#"set -e
UNIT=ssh.service
pct exec 958 -- bash -c 'systemctl restart "$UNIT"'
"#,
                fix: r#"set -e
UNIT=ssh.service
pct exec 958 -- env UNIT="$UNIT" bash -c 'systemctl restart "$UNIT"'
"#,
            },
            Self::ExpandedTooEarly => Explanation {
                what: "a script in double quotes that uses a variable which only it sets",
                why: "The host's shell fills it in before the container's shell sets it: it is empty.",
                example: r#"set -e
pct exec 958 -- bash -c "unit=ssh.service; systemctl restart $unit"
"#,
                fix: r#"set -e
pct exec 958 -- bash -c "unit=ssh.service; systemctl restart \$unit"
"#,
            },
            Self::ErrorSwallowed => Explanation {
                what: "a failure of systemctl in the container that the script ignores",
                why: "The script goes on and reports success, and the failure shows only later.",
                example: "set -e
pct exec 958 -- systemctl restart ssh.service || true
",
                fix: "set -e
pct exec 958 -- systemctl restart ssh.service
",
            },
            Self::ExecBeforeSystemdReady => Explanation {
                what: "systemctl as the first call after the container's start",
                why: "pct start does not wait for the container's systemd. In the first 0.4 s systemctl fails \
                with \"Failed to connect to bus\".",
                example: "set -e
pct start 958
pct exec 958 -- systemctl restart ssh.service
",
                fix: "set -e
pct start 958
for _ in {1..100}; do pct exec 958 -- test -S /run/systemd/private && break; done
pct exec 958 -- systemctl restart ssh.service
",
            },
            Self::SleepAsSynchronisation => Explanation {
                what: "a fixed delay after a push, or after the container's start",
                why: "A push has ended when it returns, so that a delay changes nothing. After a start, a delay \
                is a guess.",
                example: "set -e
pct push 958 app.service /etc/systemd/system/app.service
sleep 2
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
                fix: "set -e
pct push 958 app.service /etc/systemd/system/app.service
pct exec 958 -- test -s /etc/systemd/system/app.service
pct exec 958 -- systemctl enable app.service
",
            },
        }
    }
}
