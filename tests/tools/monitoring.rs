//! What is shipped for monitoring, checked by the programs that read it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::output;

/// A copy of the shipped files, in a directory of its own.
fn shipped() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "packaging/alerts.yml",
        "packaging/cron.d",
        "packaging/mail-root",
        "packaging/nagios.cfg",
        "packaging/zabbix.conf",
        "packaging/lxcdiag-sweep@.service",
        "packaging/lxcdiag-sweep@.timer",
        "tests/tools/alerts.test.yml",
    ] {
        let file = root.join(file);
        std::fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn the_alerts_fire_when_they_should() {
    let directory = shipped();
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let checked = output(directory.path(), "promtool", &arguments);
        assert!(checked.status.success(), "{checked:?}");
    }
}

#[test]
fn systemd_accepts_the_units() {
    let directory = shipped();
    let service = directory.path().join("lxcdiag-sweep@.service");
    let text = std::fs::read_to_string(&service).unwrap();
    // It looks the program up, and lxcdiag is not installed.
    let text = text.replace(
        "ExecStart=lxcdiag ",
        concat!("ExecStart=", env!("CARGO_BIN_EXE_lxcdiag"), " "),
    );
    std::fs::write(&service, text).unwrap();
    let arguments = [
        "--man=no",
        "verify",
        "./lxcdiag-sweep@health.service",
        "./lxcdiag-sweep@health.timer",
    ];
    let verified = output(directory.path(), "systemd-analyze", &arguments);
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && said.is_empty(), "{said}");
    // What docs/sweeps.md says about it.
    let arguments = [
        "security",
        "--offline=true",
        "--threshold=86",
        "--no-pager",
        "./lxcdiag-sweep@.service",
    ];
    let secured = output(directory.path(), "systemd-analyze", &arguments);
    assert!(secured.status.success(), "{secured:?}");
}

/// The objects that Debian's own configuration has, and a host of the group.
const NAGIOS_OBJECTS: &str = "
define command {
  command_name check_alive
  command_line /bin/true
}
define timeperiod {
  timeperiod_name 24x7
  alias always
  monday 00:00-24:00
}
define contact {
  contact_name root
  host_notification_commands check_alive
  service_notification_commands check_alive
  host_notification_period 24x7
  service_notification_period 24x7
}
define service {
  name generic-service
  register 0
  max_check_attempts 3
  check_period 24x7
  notification_interval 0
  notification_period 24x7
  contacts root
}
define host {
  host_name pve1
  address 192.0.2.1
  hostgroups proxmox
  max_check_attempts 3
  check_period 24x7
  check_command check_alive
  notification_period 24x7
  contacts root
}
define hostgroup {
  hostgroup_name proxmox
  alias Proxmox VE
}
";

#[test]
fn nagios_accepts_the_service() {
    let directory = shipped();
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("objects.cfg"), NAGIOS_OBJECTS).unwrap();
    std::fs::create_dir(path("results")).unwrap();
    let main = format!(
        "nagios_user=0\nnagios_group=0\nillegal_macro_output_chars=`$&|<>\ncfg_file={}\ncfg_file={}\nlog_file={}\ncheck_result_path={}\n",
        path("objects.cfg"),
        path("nagios.cfg"),
        path("nagios.log"),
        path("results")
    );
    std::fs::write(path("main.cfg"), main).unwrap();
    let checked = output(directory.path(), "nagios4", &["-v", "main.cfg"]);
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
    for count in [
        "Checked 1 services.",
        "Total Warnings: 0",
        "Total Errors:   0",
    ] {
        assert!(said.contains(count), "{count}: {said}");
    }
}

/// Puts programs on the PATH that print what they are called with.
fn with_programs(directory: &Path, names: &[&str]) -> String {
    for name in names {
        let path = directory.join(name);
        std::fs::write(
            &path,
            "#!/bin/sh\necho \"called: $*\"; cat >mail 2>/dev/null; :\n",
        )
        .unwrap();
        let runs = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, runs).unwrap();
    }
    format!("{}:{}", directory.display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_agent_of_zabbix_runs_the_sweep() {
    let directory = shipped();
    let path = with_programs(directory.path(), &["sudo"]);
    let text = std::fs::read_to_string(directory.path().join("zabbix.conf")).unwrap();
    let main = format!("{text}Server=127.0.0.1\nHostname=pve1\n");
    std::fs::write(directory.path().join("main.conf"), main).unwrap();
    let ran = Command::new("zabbix_agentd")
        .args(["-c", "main.conf", "-t", "lxcdiag.sweep[health]"])
        .env("PATH", path)
        .stdin(std::process::Stdio::null())
        .current_dir(directory.path())
        .output()
        .expect("zabbix_agentd; see the top of tests/tools.rs");
    let said = String::from_utf8_lossy(&ran.stdout);
    let expected =
        "[t|called: /usr/bin/lxcdiag sweep health --node local --format json --deadline 25s]";
    assert!(said.contains(expected), "{ran:?}");
}

#[test]
fn cron_accepts_the_line() {
    let directory = shipped();
    let text = std::fs::read_to_string(directory.path().join("cron.d")).unwrap();
    // The user is in system tables only, and crontab reads those of users.
    let line = text.lines().last().unwrap();
    assert!(line.contains(" root lxcdiag sweep "), "{line}");
    let table = text.replace(" root lxcdiag", " lxcdiag");
    std::fs::write(directory.path().join("table"), table).unwrap();
    let checked = output(directory.path(), "crontab", &["-n", "table"]);
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn root_gets_a_mail_with_the_changes() {
    let directory = shipped();
    let path = with_programs(directory.path(), &["sendmail"]);
    let mail = |sweep: &str| {
        std::fs::write(directory.path().join("sweep.json"), sweep).unwrap();
        let input = std::fs::File::open(directory.path().join("sweep.json")).unwrap();
        let sent = Command::new("./mail-root")
            .env("PATH", &path)
            .stdin(input)
            .current_dir(directory.path())
            .output()
            .unwrap();
        assert!(sent.status.success(), "{sent:?}");
        std::fs::read_to_string(directory.path().join("mail")).unwrap()
    };
    let changed = mail(
        r#"{"runbook": "health", "containers": [], "changes": [
            {"ct": 958, "id": "space", "change": "new", "status": "critical", "says": "/ is 97 % full"},
            {"ct": 959, "id": "dns", "change": "gone", "status": "critical", "says": "no name server answers — again"}]}"#,
    );
    assert!(
        changed.starts_with("To: root\nSubject: lxcdiag health on "),
        "{changed}"
    );
    let lines =
        "\n\nCT 958: new: / is 97 % full\nCT 959: resolved: no name server answers — again\n";
    assert!(changed.ends_with(lines), "{changed}");
    let problems = mail(
        r#"{"runbook": "health", "containers": [{"ct": 958, "visited": {"problems": [
            {"id": "space", "status": "warning", "says": "full"}]}}, {"ct": 960, "skipped": "stopped"}]}"#,
    );
    assert!(
        problems.ends_with("\n\nCT 958: warning: full\n"),
        "{problems}"
    );
}
