use super::*;

fn change_in_words(line: &str) -> Option<String> {
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    of_words(&words).map(|(_, change)| change.to_string())
}

fn change_in_script(text: &str) -> Option<String> {
    of_script(&Script::read(text)).map(|change| change.to_string())
}

#[test]
fn commands_that_change_the_container_are_recognized() {
    let cases = [
        ("systemctl restart nginx", "systemctl restart"),
        ("/usr/bin/systemctl stop nginx", "systemctl stop"),
        ("systemctl --user -q restart x", "systemctl restart"),
        ("systemctl -p Id daemon-reload", "systemctl daemon-reload"),
        ("systemctl --dry-run enable x", "systemctl enable"),
        (
            "systemctl set-property x CPUQuota=1%",
            "systemctl set-property",
        ),
        ("systemctl reset-failed", "systemctl reset-failed"),
        ("systemctl {{ verb }} x", "systemctl {{"),
        ("systemctl --root=/mnt enable x", "systemctl enable"),
        ("loginctl terminate-user bob", "loginctl terminate-user"),
        ("hostnamectl set-hostname x", "hostnamectl set-hostname"),
        ("timedatectl set-ntp true", "timedatectl set-ntp"),
        ("service nginx start", "service"),
        ("journalctl --vacuum-time=1d", "journalctl --vacuum-time=1d"),
        ("journalctl --rotate", "journalctl --rotate"),
        ("systemd-tmpfiles --create", "systemd-tmpfiles"),
        ("kill -9 1", "kill"),
        ("pkill nginx", "pkill"),
        ("reboot", "reboot"),
        ("mount -t tmpfs none /mnt", "mount none"),
        ("mount -a", "mount -a"),
        ("umount /mnt", "umount"),
        ("sysctl -w vm.swappiness=1", "sysctl -w"),
        ("sysctl vm.swappiness=1", "sysctl vm.swappiness=1"),
        ("hostname web", "hostname web"),
        ("touch /root/x", "touch"),
        ("rm -rf /var/cache/x", "rm"),
        ("chmod 600 /etc/x", "chmod"),
        ("cp a /etc/b", "cp"),
        ("cp -t /etc a", "cp"),
        ("dd if=/dev/zero of=/var/x", "dd"),
        ("tee -a /etc/x", "tee"),
        ("sed -i s/a/b/ /etc/x", "sed -i"),
        ("sed -ni.bak p /etc/x", "sed -ni.bak"),
        ("find /tmp -mtime +9 -delete", "find -delete"),
        ("find /tmp -exec stat {} + -exec rm {} ;", "rm"),
        ("apt-get -y install nginx", "apt-get install"),
        ("apt update", "apt update"),
        ("dpkg -i x.deb", "dpkg -i"),
        ("pip install x", "pip install"),
        ("apk add x", "apk add"),
        ("pacman -Syu", "pacman"),
        ("useradd bob", "useradd"),
        ("ip link set eth0 up", "ip set"),
        ("env -u A B=1 systemctl restart x", "systemctl restart"),
        ("sudo -u bob rm x", "rm"),
        ("timeout -k 5 10 systemctl restart x", "systemctl restart"),
        ("nohup setsid nice -n 5 rm x", "rm"),
        ("busybox rm x", "rm"),
        ("xargs -n 1 rm", "rm"),
    ];
    for (line, expected) in cases {
        assert_eq!(
            change_in_words(line),
            Some(format!("`{expected}`")),
            "{line}"
        );
    }
}

#[test]
fn commands_that_only_read_are_accepted() {
    let lines = [
        "systemctl status nginx",
        "systemctl",
        "systemctl --failed",
        "systemctl -p Id show nginx",
        "systemctl is-active -- restart.service",
        "systemctl list-units --state=failed",
        "systemd-analyze verify x.service",
        "journalctl -u nginx -n 5",
        "hostnamectl",
        "hostname",
        "timedatectl show",
        "loginctl list-sessions",
        "service nginx status",
        "mount",
        "mount -t tmpfs",
        "sysctl -n net.ipv4.ip_forward",
        "ip -o addr show",
        "ip route get 10.0.0.1",
        "dd if=/dev/zero of=/dev/null count=1",
        "tee /dev/stderr",
        "sed -n s/-i/x/p /etc/x",
        "find / -name rm -printf %p",
        "apt-get -s upgrade",
        "apt list --upgradable",
        "dpkg -l nginx",
        "pip list",
        "pacman -Qi bash",
        "kill -0 1",
        "passwd -S root",
        "crontab -l",
        "date +%s",
        "command -v systemctl rm",
        "timeout 5 cat rm",
        "echo systemctl restart x",
        "my-own-program --delete /etc",
        "{{ program }} restart",
    ];
    for line in lines {
        assert_eq!(change_in_words(line), None, "{line}");
    }
}

#[test]
fn changes_in_scripts_are_recognized() {
    let cases = [
        ("cd /; systemctl restart x", "systemctl restart"),
        ("true && rm x || true", "rm"),
        ("ls | xargs rm", "rm"),
        ("if true; then rm x; fi", "rm"),
        ("for f in a b; do\n  touch $f\ndone", "touch"),
        ("x=$(rm y)", "rm"),
        ("echo \"a $(rm y) b\"", "rm"),
        ("echo \"${x:-$(rm y)}\"", "rm"),
        ("echo `rm y`", "rm"),
        ("echo $(( $(rm y) + 1 ))", "rm"),
        ("(rm y)", "rm"),
        ("echo ${#x}; rm y", "rm"),
        ("f() { rm y; }; f", "rm"),
        ("! rm y", "rm"),
        ("A=1 B='2 3' rm y", "rm"),
        ("exec rm y", "rm"),
        ("'rm' y", "rm"),
        ("\\rm y", "rm"),
        ("case $x in a) ;; (b | c) rm y ;; esac", "rm"),
        ("case $x in a) case y in y) ;; esac ;; esac; rm y", "rm"),
        ("x=$(case a in b) echo c ;; esac); rm y", "rm"),
        ("cat <<E\nit's text\nE\nrm y", "rm"),
        ("cat <<-'E'; true\n$(echo `\n\tE\nrm y", "rm"),
        ("cat <<E\n$(rm y)\nE", "rm"),
        ("# don't\nrm y", "rm"),
        ("sh -c 'cd /; rm y'", "rm"),
        ("bash -ec \"rm y\"", "rm"),
        ("su -c 'rm y' bob", "rm"),
        ("eval \"rm $x\"", "rm"),
        ("trap 'rm y' EXIT", "rm"),
        ("systemctl \"$verb\" x", "systemctl ${verb}"),
        ("echo a >/etc/motd", "> /etc/motd"),
        ("echo a>>/etc/motd", "> /etc/motd"),
        ("echo a >| {{ path | quote }}", "> {{ path | quote }}"),
        ("echo a 2>/dev/null >&1 >x", "> x"),
        ("exec 3<>/run/x", "> /run/x"),
        ("ls &>x", "> x"),
        ("{ echo; } >x", "> x"),
        ("while read -r a; do echo; done >x </dev/null", "> x"),
        ("echo \"a\" > \"$file\"", "> ${file}"),
    ];
    for (text, expected) in cases {
        assert_eq!(
            change_in_script(text),
            Some(format!("`{expected}`")),
            "{text}"
        );
    }
}

#[test]
fn scripts_that_only_read_are_accepted() {
    let texts = [
        "echo 'rm x; touch y'",
        "echo \"systemctl restart x > y\"",
        "echo rm # ; rm x",
        "ls 2>/dev/null >&2; ls 2>&1 | cat >/dev/stderr",
        "exec 3>&-; timeout 2 bash -c 'exec 3<>\"/dev/udp/$1/53\"'",
        "case $x in rm) echo ;; kill | touch) ;; esac",
        "echo ${#x} ${x%%>*}",
        "[ $((a > b)) = 1 ] && echo $((1 << 2))",
        "echo ${x#*>} \"${x#*> rm}\"",
        "bash -c '[[ a > b ]]; ((c > d)); e=(rm f)'",
        "cat <<E\nrm x >y\nE",
        "trap '' TERM; trap clean EXIT; trap - INT",
        "for x in rm; do echo $x; done",
        "command -v rm >/dev/null || echo none",
        "docker inspect -f {{ '{{.State}}' }} x",
    ];
    for text in texts {
        assert_eq!(change_in_script(text), None, "{text}");
    }
}

#[test]
fn a_script_can_write_to_its_own_temporary_directory() {
    let accepted = [
        "d=$(mktemp -d) && cp a \"$d/b\" && systemctl --root=\"$d\" enable x; rm -rf -- \"$d\"",
        "d=\"$(mktemp -d)\"\ntrap 'rm -rf \"$d\"' EXIT\nmkdir \"$d\"/a ${d}/b; echo >\"$d/c\"",
        "d=; f() { rm -f $d; }; d=$(mktemp -u /run/x.XXXXXX) && mkdir \"$d\" || d=",
    ];
    for text in accepted {
        assert_eq!(change_in_script(text), None, "{text}");
    }
    let refused = [
        "rm -rf \"$d\"",
        "d=$(mktemp -d); rm -rf \"$d\" /var/cache/x",
        "d=$(mktemp -d); rm -rf \"$d/../x\"",
        "d=$(mktemp -d); cp \"$d/a\" /etc/a",
        "d=$(mktemp -d); cp -t /etc \"$d/a\"",
        "d=$(mktemp -d); mv /etc/a \"$d/a\"",
        "d=$(mktemp -d); rm -rf \"$dir\"",
        "d=$(mktemp -d); d=/etc; rm -rf \"$d\"",
        "d=$(mktemp -d); read -r d; rm -rf \"$d\"",
        "d=$(mktemp -d); for d in /etc; do rm -rf \"$d\"; done",
        "d=$(mktemp -d); ls /etc | xargs rm \"$d/x\"",
        "d=$(mktemp -d); sh -c 'rm -rf \"$d\"'",
        "d=$(mktemp -d); systemctl --root=/mnt enable x",
    ];
    for text in refused {
        assert!(change_in_script(text).is_some(), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_without_a_stack_overflow() {
    for text in [
        "eval ",
        "(",
        "$(",
        "`",
        "\"$(",
        "${x:-",
        "find -exec ",
        "sh -c '",
    ] {
        let _ = change_in_script(&text.repeat(10_000));
    }
    assert_eq!(
        change_in_script(&"eval ".repeat(100)),
        Some("`eval`".to_owned())
    );
    assert!(!Script::read(&"(:;".repeat(300)).unclear.is_empty());
}
