//! Names that are not simply missing: aliases, init scripts, links, and units of a similar name.

use std::path::PathBuf;

use crate::lab::Container;
use crate::lxcdiag::Ended;

/// A unit file that can be enabled, with more lines in its [Install] section.
fn unit(path: &str, install: &str) -> String {
    format!(
        "mkdir -p $(dirname {path}); printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n{install}\\n' >{path}; "
    )
}

/// A name that is something else to systemd than that of a unit file in its place.
pub struct Name {
    pub verdict: &'static str,
    pub unit: &'static str,
    /// Makes the state, in a pristine container.
    pub script: String,
}

/// One for each hypothesis about names, and a unit file that is mounted late.
pub fn states() -> Vec<Name> {
    let name = |verdict, unit, script: String| Name {
        verdict,
        unit,
        script,
    };
    let app = |install| unit("/etc/systemd/system/app.service", install);
    let front = |own: &str| {
        let path = format!("/usr/lib/systemd/system/front-{own}.service");
        unit(&path, "Alias=front.service")
    };
    vec![
        name(
            "alias-of-another-unit",
            "redis.service",
            unit(REDIS, "Alias=redis.service") + "systemctl daemon-reload",
        ),
        name(
            "alias-taken",
            "front-b.service",
            front("a") + &front("b") + "systemctl daemon-reload; systemctl enable front-a",
        ),
        name(
            "late-mount",
            "app.service",
            unit("/srv/volume/app.service", "")
                + "mkdir /opt/app; mount --bind /srv/volume /opt/app
                ln -s /opt/app/app.service /usr/lib/systemd/system/
                systemctl daemon-reload; systemctl enable app
                umount /opt/app; systemctl daemon-reload; mount --bind /srv/volume /opt/app",
        ),
        name(
            "mount-name-unescaped",
            "data-local-app.mount",
            "printf '[Mount]\\nWhat=tmpfs\\nWhere=/data-local/app\\nType=tmpfs\\n[Install]\\nWantedBy=multi-user.target\\n' \
             >/etc/systemd/system/data-local-app.mount; systemctl daemon-reload".to_owned(),
        ),
        name(
            "init-script-in-the-way",
            "app.service",
            app("") + "printf '#!/bin/sh\\n' >/etc/init.d/app; chmod 755 /etc/init.d/app; systemctl daemon-reload",
        ),
        name(
            "linked-unit-file",
            "app.service",
            unit("/etc/systemd/system/own/app.service", "")
                + "ln -s own/app.service /etc/systemd/system/app.service; systemctl daemon-reload",
        ),
        name(
            "target-not-reached",
            "app.service",
            app("") + "sed -i s/multi-user/multiuser/ /etc/systemd/system/app.service
                systemctl daemon-reload; systemctl enable app",
        ),
    ]
}

/// Makes the state of a name.
fn in_state(verdict: &str) -> Container {
    let container = Container::pristine();
    let states = states();
    let state = states.iter().find(|state| state.verdict == verdict);
    container.sh(&state.unwrap().script);
    container
}

impl Container {
    /// Runs a command in the container, and writes its output with timestamps to a provisioning log.
    fn logged(&self, command: &str) -> PathBuf {
        let id = self.id;
        let log = self.sh(&format!(
            "now() {{ date -u +%FT%T.%3NZ; }}; echo \"$(now) + pct exec {id} -- {command}\"; \
             {{ {command}; }} 2>&1 | while read -r line; do echo \"$(now) $line\"; done"
        ));
        let path = self.directory.path().join("provision.log");
        std::fs::write(&path, log).unwrap();
        path
    }

    fn asked_about(&self, unit: &str, options: &[&str]) -> Ended {
        let var = format!("unit={unit}");
        self.diagnose(&[&["--read-only", "--var", &var], options].concat())
    }

    fn asked_about_logged(&self, unit: &str, command: &str) -> Ended {
        let log = self.logged(command);
        self.asked_about(unit, &["--log", log.to_str().unwrap()])
    }
}

/// A verdict, and a text that its summary or the evidence for it contains.
#[track_caller]
fn assert_answer(ended: &Ended, expected: &[&str], text: &str) {
    let verdict = ended.verdict();
    let short = verdict.in_short();
    assert!(
        expected.contains(&short.as_str()),
        "{short}: {}",
        verdict.summary
    );
    let said = ended.report()["hypotheses"].to_string() + &verdict.summary;
    assert!(said.contains(text), "no {text} in {said}");
}

const REDIS: &str = "/usr/lib/systemd/system/redis-server.service";

#[test]
fn an_alias_of_another_unit() {
    let container = Container::pristine();
    let server = unit(REDIS, "Alias=redis.service");
    container.sh(&format!(
        "{server} systemctl daemon-reload; systemctl enable redis-server"
    ));
    let ended = container.asked_about_logged("redis.service", "systemctl enable redis.service");
    assert_answer(
        &ended,
        &["alias-of-another-unit confirmed, race ruled_out"],
        "redis-server.service",
    );
}

#[test]
fn an_alias_that_is_only_declared() {
    let container = in_state("alias-of-another-unit");
    let ended = container.asked_about_logged("redis.service", "systemctl enable redis.service");
    let expected = [
        "alias-of-another-unit likely, race unlikely",
        "alias-of-another-unit likely, race ruled_out",
    ];
    assert_answer(&ended, &expected, "redis-server.service");
    let remedy = ended.report()["verdict"]["remedy"].to_string();
    assert!(!remedy.contains("pct push"), "{remedy}");
}

#[test]
fn an_alias_that_another_unit_has() {
    let container = in_state("alias-taken");
    let ended = container.asked_about_logged("front-b.service", "systemctl enable front-b.service");
    let expected = [
        "alias-taken confirmed, race unlikely",
        "alias-taken confirmed, race ruled_out",
    ];
    assert_answer(&ended, &expected, "already exists");
    let unaided = container.asked_about("front-b.service", &[]);
    assert!(
        unaided
            .verdict()
            .in_short()
            .starts_with("alias-taken confirmed")
    );
}

#[test]
fn a_unit_file_on_a_file_system_that_is_mounted_late() {
    let container = in_state("late-mount");
    let ended = container.asked_about("app.service", &[]);
    assert_answer(
        &ended,
        &["late-mount likely, race likely"],
        "/opt/app/app.service",
    );
}

#[test]
fn a_mount_unit_whose_name_is_not_escaped() {
    let container = in_state("mount-name-unescaped");
    let ended = container.asked_about("data-local-app.mount", &[]);
    let id = ended.verdict().id;
    assert_eq!(id, "mount-name-unescaped");
    let remedy = ended.report()["verdict"]["remedy"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(remedy.contains(r"'data\x2dlocal-app.mount'"), "{remedy}");
}

#[test]
fn an_init_script_that_cannot_be_enabled() {
    let container = in_state("init-script-in-the-way");
    let ended = container.asked_about_logged("app.service", "systemctl enable app.service");
    assert_answer(
        &ended,
        &["init-script-in-the-way confirmed, race ruled_out"],
        "/etc/init.d/app",
    );
    // The copy has no init script: that it can be enabled proves nothing.
    let unaided = container.asked_about("app.service", &[]).verdict();
    assert_ne!(
        unaided.race.as_deref(),
        Some("likely"),
        "{}",
        unaided.summary
    );
}

#[test]
fn a_link_into_a_subdirectory_of_the_unit_directory() {
    let container = in_state("linked-unit-file");
    let ended = container.asked_about_logged("app.service", "systemctl enable app.service");
    let verdict = ended.verdict();
    assert_eq!(verdict.id, "linked-unit-file", "{}", verdict.summary);
}

#[test]
fn a_target_that_does_not_exist() {
    let container = in_state("target-not-reached");
    let ended = container.asked_about("app.service", &[]);
    let verdict = ended.verdict();
    assert_eq!(verdict.id, "target-not-reached", "{}", verdict.summary);
    assert!(
        verdict.summary.contains("multiuser.target"),
        "{}",
        verdict.summary
    );
}

#[test]
fn a_unit_that_an_update_has_renamed() {
    let container = Container::pristine();
    let file = unit("/usr/lib/systemd/system/musicserver.service", "");
    container.sh(&format!(
        "{file} systemctl daemon-reload; systemctl enable musicserver
         cd /usr/lib/systemd/system; mv musicserver.service music.service; systemctl daemon-reload"
    ));
    let log = "systemctl enable musicserver.service";
    let ended = container.asked_about_logged("musicserver.service", log);
    let verdict = ended.verdict();
    assert_eq!(verdict.id, "unit-gone", "{}", verdict.summary);
    let remedy = ended.report()["verdict"]["remedy"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(remedy.contains("--var unit=music.service"), "{remedy}");
    assert!(!remedy.contains("pct push"), "{remedy}");
}
