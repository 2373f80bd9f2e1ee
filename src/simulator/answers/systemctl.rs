//! `systemctl` and `systemd-analyze`, in the words of each version.

use super::{Reply, line};
use crate::simulator::UNIT;
use crate::simulator::files::Kind;
use crate::simulator::unit_text::{Content, content};
use crate::simulator::world::{Found, Look, UNIT_DIR, WANTS, World};

fn not_booted(world: &World) -> Option<Reply> {
    let bus = match world.setup.systemd {
        ..=255 => "Failed to connect to bus: Host is down",
        _ => "Failed to connect to system scope bus via local transport: Host is down",
    };
    (!world.setup.is_init).then(|| {
        Reply::fails(format!(
            "System has not been booted with systemd as init system (PID 1). Can't operate.\n{bus}\n"
        ))
    })
}

/// `systemctl is-system-running`.
pub(super) fn is_system_running(world: &World) -> Reply {
    if !world.setup.is_init {
        return Reply::exits(1, "offline\n", "");
    }
    let is_up = world.running().is_some_and(|boot| world.now >= boot.up_at);
    match (is_up, world.setup.unprivileged) {
        (false, _) => Reply::exits(1, "starting\n", ""),
        (true, true) => Reply::exits(1, "degraded\n", ""),
        (true, false) => Reply::prints("running\n"),
    }
}

fn is_linked(world: &World, unit: &str) -> bool {
    world
        .files
        .lookup(&format!("{WANTS}/{unit}"), false)
        .is_ok()
}

/// The state of a unit file that can be loaded; empty of one that cannot.
fn file_state(world: &World, unit: &str, look: &Look) -> &'static str {
    let leads_out = look.is_link && look.found != Found::Masked;
    match look.found {
        Found::Masked | Found::File(Content::Empty) => "masked",
        Found::File(Content::NoInstall) => "static",
        Found::File(Content::Enableable) if is_linked(world, unit) => "enabled",
        Found::File(Content::Enableable) if leads_out => "linked",
        Found::File(Content::Enableable) => "disabled",
        Found::File(Content::BadMessage | Content::InvalidArgument) => "bad",
        Found::Directory if world.setup.systemd <= 247 => "bad",
        Found::Absent | Found::Dangling | Found::Unreadable | Found::Directory => "",
    }
}

/// `systemctl show` of what `load` asks for.
pub(super) fn show(world: &World, unit: &str) -> Reply {
    if let Some(reply) = not_booted(world) {
        return reply;
    }
    let look = world.look_for(unit);
    let path = look.path.clone().unwrap_or_default();
    let is_old = world.setup.systemd <= 247;
    let is_active = world.service.active && unit == UNIT;
    let broken = |what: &str, errno: &str| {
        let text = match is_old {
            true => format!("failed to load properly: {errno}."),
            false => format!(
                "failed to load properly, please adjust/correct and reload service manager: {errno}"
            ),
        };
        format!("{what} \"Unit {unit} {text}\"")
    };
    let (load, error) = match look.found {
        _ if is_active && world.service.loaded.is_some() => ("loaded", String::new()),
        Found::Directory if is_old => ("error", broken("System.Error.EISDIR", "Is a directory")),
        Found::Absent | Found::Dangling | Found::Unreadable | Found::Directory => (
            "not-found",
            format!("org.freedesktop.systemd1.NoSuchUnit \"Unit {unit} not found.\""),
        ),
        Found::Masked | Found::File(Content::Empty) => (
            "masked",
            format!("org.freedesktop.systemd1.UnitMasked \"Unit {unit} is masked.\""),
        ),
        Found::File(Content::BadMessage) => (
            "error",
            broken(
                "org.freedesktop.DBus.Error.InconsistentMessage",
                "Bad message",
            ),
        ),
        Found::File(Content::InvalidArgument) => (
            "error",
            broken("org.freedesktop.DBus.Error.InvalidArgs", "Invalid argument"),
        ),
        Found::File(Content::NoInstall | Content::Enableable) => ("loaded", String::new()),
    };
    let fragment = match look.found {
        Found::Masked if is_old => "/dev/null",
        _ if load == "not-found" => "",
        _ => &path,
    };
    let active = if is_active { "active" } else { "inactive" };
    let state = file_state(world, unit, &look);
    let reload = match unit == UNIT && world.needs_reload() {
        true => "yes",
        false => "no",
    };
    Reply::prints(format!(
        "Result=success\nLoadState={load}\nActiveState={active}\nFragmentPath={fragment}\nUnitFileState={state}\nNeedDaemonReload={reload}\nLoadError={error}\n"
    ))
}

/// `systemctl list-unit-files --no-legend`.
pub(super) fn list_unit_files(world: &World, unit: &str) -> Reply {
    let look = world.look_for(unit);
    let state = match look.found {
        Found::Absent | Found::Directory => return Reply::exits(1, "", ""),
        Found::Dangling | Found::Unreadable => "bad",
        _ => file_state(world, unit, &look),
    };
    let preset = if state == "static" { "-" } else { "enabled" };
    Reply::prints(format!("{unit} {state} {preset}\n"))
}

/// `systemctl is-enabled`.
pub(super) fn is_enabled(world: &World, unit: &str) -> Reply {
    let look = world.look_for(unit);
    let no_state = |errno: &str| {
        Reply::fails(format!(
            "Failed to get unit file state for {unit}: {errno}\n"
        ))
    };
    match look.found {
        Found::Absent | Found::Dangling | Found::Unreadable if world.setup.systemd >= 256 => {
            Reply::exits(4, "not-found\n", "")
        }
        Found::Absent | Found::Dangling | Found::Unreadable => {
            no_state("No such file or directory")
        }
        Found::Directory => Reply::fails("Failed to look up unit file state: Is a directory\n"),
        Found::File(Content::BadMessage) => no_state("Bad message"),
        Found::File(Content::InvalidArgument) => no_state("Invalid argument"),
        _ => {
            let state = file_state(world, unit, &look);
            let status = i32::from(!matches!(state, "enabled" | "static"));
            Reply::exits(status, format!("{state}\n"), "")
        }
    }
}

/// `systemd-analyze verify` of the unit's path.
pub(super) fn verify(world: &World, unit: &str) -> Reply {
    if world.is_read_only {
        return Reply::fails("Failed to setup working directory: Read-only file system\n");
    }
    let path = format!("{UNIT_DIR}/{unit}");
    let opened = match world
        .files
        .lookup(&path, false)
        .map(|id| &world.files.inode(id).kind)
    {
        Ok(Kind::Link(target)) if world.setup.systemd <= 247 => target,
        _ => &path,
    };
    let open = |errno: &str| format!("{unit}: Failed to open {opened}: {errno}\n");
    let load = |errno: &str| {
        let complaint = world.complaint(unit).unwrap_or_default();
        let text = match world.setup.systemd {
            ..=247 => format!("failed to load properly: {errno}."),
            _ => format!(
                "failed to load properly, please adjust/correct and reload service manager: {errno}"
            ),
        };
        format!("{complaint}\nUnit {unit} {text}\n")
    };
    let not_found = format!("Unit {unit} not found.\n");
    let text = match world.look_for(unit).found {
        Found::File(Content::Enableable | Content::NoInstall) => return Reply::prints(""),
        Found::Directory if world.setup.systemd <= 247 => {
            format!("Unit {unit} failed to load properly: Is a directory.\n")
        }
        Found::Absent | Found::Directory => not_found,
        Found::Dangling => open("No such file or directory") + &not_found,
        Found::Unreadable => open("Permission denied") + &not_found,
        Found::Masked | Found::File(Content::Empty) => format!("Unit {unit} is masked.\n"),
        Found::File(Content::BadMessage) => load("Bad message"),
        Found::File(Content::InvalidArgument) => load("Invalid argument"),
    };
    Reply::fails(text)
}

/// `systemctl --root=COPY enable`, in a copy of /etc/systemd/system and of what the unit's link leads to.
pub(super) fn enable_copy(world: &World, unit: &str) -> Reply {
    const COPY: &str = "/run/lxcdiag.SErhqq";
    let path = format!("{UNIT_DIR}/{unit}");
    let version = world.setup.systemd;
    let copied = format!("{COPY}{path}");
    let absent = match version {
        ..=255 => format!("Failed to enable unit, unit {unit} does not exist."),
        _ => format!("Failed to enable unit: Unit {unit} does not exist"),
    };
    let masked = match version {
        ..=255 => format!("Failed to enable unit, unit {copied} is masked."),
        _ => format!("Failed to enable unit: Unit {copied} is masked"),
    };
    let broken = |errno: &str| {
        let complaint = world.complaint(unit).unwrap_or_default();
        match version {
            ..=247 => format!("{COPY}{complaint}\nFailed to enable unit, file {unit}: {errno}."),
            248..=255 => {
                format!("{COPY}{complaint}\nFailed to enable unit, file \"{unit}\": {errno}")
            }
            _ => format!("{COPY}{complaint}\nFailed to enable unit {unit}: {errno}"),
        }
    };
    let Ok(mut id) = world.files.lookup(&path, false) else {
        return Reply::fails(line(&absent));
    };
    // The copy has the file that a link leads to.
    if matches!(&world.files.inode(id).kind, Kind::Link(target) if target != "/dev/null") {
        match world.files.lookup(&path, true) {
            Ok(target) if matches!(world.files.inode(target).kind, Kind::File { .. }) => {
                id = target;
            }
            _ => return Reply::fails(line(&absent)),
        }
    }
    let inode = world.files.inode(id);
    match &inode.kind {
        Kind::Link(_) => Reply::fails(line(&masked)),
        Kind::Null => Reply::fails(line(&absent)),
        Kind::Directory(_) => Reply::fails("Failed to look up unit file state: Is a directory\n"),
        Kind::File { .. } if world.is_unreadable(id) => Reply::fails(line(&absent)),
        Kind::File { .. } => match content(inode.bytes()) {
            Content::Empty => Reply::fails(line(&masked)),
            Content::BadMessage => Reply::fails(line(&broken("Bad message"))),
            Content::InvalidArgument => Reply::fails(line(&broken("Invalid argument"))),
            Content::NoInstall => Reply::exits(0, "", line(world.no_installation_config())),
            Content::Enableable => {
                let wants = format!("{COPY}{WANTS}/{unit}");
                let made = match is_linked(world, unit) {
                    true => String::new(),
                    false if version <= 255 => format!("Created symlink {wants} → {path}.\n"),
                    false => format!("Created symlink '{wants}' → '{path}'.\n"),
                };
                let target = match version {
                    ..=247 => String::new(),
                    _ => format!(
                        "Unit {copied} is added as a dependency to a non-existent unit multi-user.target.\n"
                    ),
                };
                Reply::exits(0, "", made + &target)
            }
        },
    }
}
