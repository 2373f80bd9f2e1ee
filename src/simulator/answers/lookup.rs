//! What the name of a unit is to systemd.

use super::Reply;
use crate::simulator::UNIT;
use crate::simulator::files::Kind;
use crate::simulator::unit_text::Text;
use crate::simulator::world::{Found, UNIT_DIR, WANTS, World};

const VENDOR_DIR: &str = "/usr/lib/systemd/system";

/// The look that the runbook's script takes.
pub(super) fn lookup(world: &World, unit: &str) -> Reply {
    let look = world.look_for(unit);
    let target = look.path.as_deref().filter(|_| look.is_link);
    let target = target.and_then(|path| world.files.resolve(path).ok());
    let mut lines = Vec::new();
    match (&look.path, look.found) {
        (None, _) => {}
        (Some(path), Found::Masked) => lines.push(format!("masked|{path}")),
        (Some(path), Found::Directory | Found::Unreadable) => {
            lines.push(format!("unreadable|{path}"));
        }
        (Some(path), Found::Dangling) => lines.push(format!("broken|{path}|?")),
        (Some(path), _) => match target {
            Some((_, target)) => lines.push(format!("linked|{path}|{target}")),
            None => lines.push(format!("file|{path}|{path}")),
        },
    }
    for (path, id) in units(world) {
        let is_alias = matches!(
            world.files.inode(id).kind,
            Kind::File {
                text: Text::Aliased,
                ..
            }
        );
        if is_alias && unit == UNIT {
            let name = path.rsplit('/').next().unwrap_or_default();
            lines.push(format!("alias|{name}|declared|{path}"));
        }
    }
    if world.has_init_script(unit) {
        let name = unit.trim_end_matches(".service");
        lines.push(format!("init|/etc/init.d/{name}|blocks"));
    }
    let link = format!("{WANTS}/{unit}");
    if world.files.lookup(&link, false).is_ok() {
        if look.path.is_none() {
            lines.push(format!("gone|{link}|{UNIT_DIR}/{unit}"));
        }
        lines.push(format!("wanted|multi-user.target|loaded|active|{link}"));
    }
    for (path, _) in units(world) {
        let name = path.rsplit('/').next().unwrap_or_default();
        if name != unit && name.get(..3) == unit.get(..3) && name.ends_with(".service") {
            lines.push(format!("near|{name}|{path}"));
        }
    }
    // systemd keeps what is active, and what a target wants.
    let is_kept = world.service.active || world.is_linked() && world.look_for(UNIT).is_good();
    if unit != UNIT && is_kept {
        lines.push(format!("loaded|{UNIT}|{UNIT}"));
    }
    Reply::prints(
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    )
}

/// Entries of the unit directories.
fn units(world: &World) -> Vec<(String, usize)> {
    let mut units = world.files.below(UNIT_DIR, 1);
    units.extend(world.files.below(VENDOR_DIR, 1));
    units
}
