//! What is known of programs by their names.

use super::super::event::Word;
use super::super::symbol::is_known as is_known_text;

/// The name of a program in a directory of the system.
pub(super) fn base_name(word: &str) -> &str {
    let directories = ["/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"];
    let name = directories
        .iter()
        .find_map(|directory| word.strip_prefix(directory));
    name.filter(|name| !name.contains('/')).unwrap_or(word)
}

/// Programs that an unknown wrapper may run.
pub(super) fn is_tool(name: &str) -> bool {
    matches!(
        name,
        "pct"
            | "lxc-attach"
            | "systemctl"
            | "ssh"
            | "bash"
            | "sh"
            | "apt-get"
            | "apt"
            | "cp"
            | "mkdir"
            | "install"
            | "tee"
            | "tar"
    )
}

/// Whether anything is known of a program.
pub(super) fn is_known(name: &str) -> bool {
    let name = base_name(name);
    is_tool(name)
        || is_harmless(name)
        || is_quiet(name)
        || is_interpreter(name)
        || packages(name, &[]).is_some()
        || matches!(
            name,
            "echo"
                | "printf"
                | "cat"
                | "sudo"
                | "env"
                | "timeout"
                | "nice"
                | "mv"
                | "ln"
                | "wget"
                | "curl"
                | "git"
                | "unzip"
                | "sed"
                | "touch"
                | "dd"
                | "useradd"
                | "adduser"
                | "sleep"
        )
}

/// Functions of a library that is not at hand, and that only print.
pub(super) fn is_logging(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "log",
        "info",
        "warn",
        "warning",
        "error",
        "err",
        "ok",
        "note",
        "notice",
        "debug",
        "success",
        "title",
        "step",
        "banner",
        "header",
        "say",
        "section",
        "done_msg",
        "print_info",
        "heading",
        "echo_info",
        "status",
        "logger",
        "announce",
        "message",
    ];
    let prefixes = [
        "log_", "msg_", "print_", "echo_", "info_", "header_", "color", "_log", "say_",
    ];
    NAMES.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Programs that neither make units nor directories.
pub(super) fn is_harmless(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "[",
        "test",
        "grep",
        "egrep",
        "fgrep",
        "rg",
        "ls",
        "stat",
        "wc",
        "cmp",
        "diff",
        "file",
        "du",
        "df",
        "sha256sum",
        "sha512sum",
        "sha1sum",
        "md5sum",
        "b2sum",
        "cksum",
        "chmod",
        "chown",
        "chgrp",
        "chattr",
        "setfacl",
        "rm",
        "rmdir",
        "unlink",
        "readlink",
        "realpath",
        "cut",
        "uniq",
        "column",
        "paste",
        "xxd",
        "od",
        "hexdump",
        "strings",
        "less",
        "more",
        "date",
        "hostname",
        "hostnamectl",
        "timedatectl",
        "localectl",
        "locale",
        "locale-gen",
        "update-locale",
        "dpkg-reconfigure",
        "uname",
        "id",
        "whoami",
        "who",
        "groups",
        "getent",
        "groupadd",
        "usermod",
        "userdel",
        "passwd",
        "chpasswd",
        "ip",
        "ss",
        "ping",
        "ping6",
        "nc",
        "host",
        "dig",
        "nslookup",
        "ifconfig",
        "route",
        "nft",
        "iptables",
        "ufw",
        "sysctl",
        "modprobe",
        "lsmod",
        "mount",
        "umount",
        "mountpoint",
        "findmnt",
        "lsblk",
        "blkid",
        "ps",
        "pgrep",
        "pkill",
        "kill",
        "killall",
        "top",
        "free",
        "uptime",
        "nproc",
        "lscpu",
        "journalctl",
        "systemd-analyze",
        "systemd-tmpfiles",
        "systemd-detect-virt",
        "loginctl",
        "busctl",
        "clear",
        "tput",
        "stty",
        "whiptail",
        "dialog",
        "which",
        "whereis",
        "yes",
        "openssl",
        "ssh-keygen",
        "ssh-keyscan",
        "pvesh",
        "pveam",
        "pvesm",
        "pvecm",
        "ha-manager",
        "qm",
        "lxc-info",
        "lxc-ls",
        "lxc-wait",
        "ssh-copy-id",
        "sync",
        "crontab",
        "expr",
        "bc",
        "rev",
        "tac",
        "gpg",
        "visudo",
        "tty",
        "comm",
        "fold",
        "fmt",
        "lsof",
        "ethtool",
        "nmcli",
        "zfs",
        "zpool",
        "pvs",
        "lvs",
        "update-ca-certificates",
        "psql",
        "mysql",
        "redis-cli",
        "sqlite3",
        "reset",
        "script",
        "getopt",
        "fuser",
        "setcap",
        "pveversion",
        "vzdump",
        "chsh",
        "ldconfig",
        "run-parts",
        "numfmt",
        "shuf",
        "iconv",
        "dos2unix",
        "deluser",
        "delgroup",
        "addgroup",
        "apt",
        "apt-get",
        "apt-mark",
        "apt-cache",
        "apt-key",
        "aptitude",
        "nala",
        "dnf",
        "yum",
        "microdnf",
        "zypper",
        "apk",
        "pacman",
        "dpkg",
        "snap",
        "flatpak",
        "rpm",
        "add-apt-repository",
        "debconf-set-selections",
        "lxc-config",
        "lxc-cgroup",
        "lxc-device",
        "yq",
        "htpasswd",
        "pwgen",
        "uuidgen",
        "mkpasswd",
        "lspci",
        "lsusb",
        "arp",
        "fping",
        "sops",
        "age",
        "xmllint",
        "envsubst",
        "awk",
        "gawk",
        "mawk",
    ];
    NAMES.contains(&name)
}

/// Programs that may make directories, but bring no units.
pub(super) fn is_quiet(name: &str) -> bool {
    matches!(
        name,
        "npm"
            | "yarn"
            | "pnpm"
            | "pip"
            | "pip3"
            | "pipx"
            | "uv"
            | "poetry"
            | "go"
            | "cargo"
            | "cmake"
            | "gcc"
            | "docker"
            | "docker-compose"
            | "podman"
            | "nerdctl"
            | "kubectl"
            | "crictl"
            | "lxc"
            | "incus"
            | "multipass"
            | "vagrant"
            | "composer"
            | "bundle"
            | "gem"
            | "a2enmod"
            | "a2ensite"
            | "a2dissite"
            | "certbot"
            | "rclone"
            | "restic"
            | "borg"
            | "wg"
            | "wg-quick"
            | "nginx"
            | "fallocate"
            | "mkfs.ext4"
            | "mkswap"
            | "swapon"
            | "update-alternatives"
            | "virtualenv"
    )
}

/// Programs that run their arguments in another root directory, namespace or machine: maybe in a container.
pub(super) fn runs_elsewhere(name: &str) -> bool {
    matches!(
        name,
        "nsenter"
            | "unshare"
            | "chroot"
            | "arch-chroot"
            | "schroot"
            | "proot"
            | "bwrap"
            | "machinectl"
            | "systemd-nspawn"
            | "lxc-execute"
            | "lxc-unshare"
            | "lxc-usernsexec"
            | "pssh"
            | "parallel-ssh"
            | "pdsh"
            | "clush"
            | "ansible"
            | "salt"
    )
}

/// Programs that run scripts which are not for a shell.
pub(super) fn is_interpreter(name: &str) -> bool {
    matches!(
        name,
        "python"
            | "python2"
            | "python3"
            | "perl"
            | "ruby"
            | "node"
            | "php"
            | "lua"
            | "expect"
            | "tclsh"
    ) || name.starts_with("python3.")
}

/// What a package manager installs: none if it is no package manager or installs nothing; a list of names, or
/// nothing if they are not known.
pub(super) fn packages(name: &str, words: &[Word]) -> Option<Option<Vec<String>>> {
    let verbs: &[&str] = match name {
        "apt" | "apt-get" | "aptitude" | "nala" => &[
            "install",
            "upgrade",
            "dist-upgrade",
            "full-upgrade",
            "reinstall",
            "build-dep",
        ],
        "dnf" | "yum" | "microdnf" | "zypper" => &[
            "install",
            "upgrade",
            "update",
            "groupinstall",
            "in",
            "reinstall",
        ],
        "apk" => &["add", "upgrade"],
        "pacman" => &["-S", "-Sy", "-Syu", "-U"],
        "dpkg" => &["-i", "--install", "--unpack"],
        "snap" | "flatpak" | "brew" => &["install"],
        "rpm" => &["-i", "-U", "-ivh", "-Uvh"],
        _ => return None,
    };
    if words.is_empty() {
        return Some(None);
    }
    let at = words.iter().position(|word| {
        let word = word.as_str();
        verbs.contains(&word) || name == "pacman" && word.starts_with("-S")
    })?;
    let names = words.get(at + 1..).unwrap_or_default();
    let names: Vec<&Word> = names
        .iter()
        .filter(|word| !word.as_str().starts_with('-'))
        .collect();
    let known = names
        .iter()
        .all(|word| is_known_text(word.as_str()) && !word.as_str().contains('/'));
    if names.is_empty() && matches!(name, "apt" | "apt-get") {
        // An upgrade brings no new units.
        return Some(Some(Vec::new()));
    }
    Some(
        (known && !names.is_empty())
            .then(|| names.iter().map(|word| word.as_str().to_owned()).collect()),
    )
}
