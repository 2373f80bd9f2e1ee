//! `stat`, `find`, `ls`, `cat`, `sha256sum` and `df`.

use base16ct::lower::encode_string;
use sha2::{Digest as _, Sha256};

use super::Reply;
use crate::simulator::files::{Errno, Inode, Kind};
use crate::simulator::world::World;
use crate::simulator::{Nanos, SECOND};

/// A stamp with nanoseconds, as `stat` prints it.
fn stamp(wall: Nanos) -> String {
    format!("{}.{:09}", wall.div_euclid(SECOND), wall.rem_euclid(SECOND))
}

fn size(inode: &Inode) -> usize {
    match &inode.kind {
        Kind::File { length, .. } => *length,
        Kind::Link(target) => target.len(),
        Kind::Directory(_) => 4096,
        Kind::Null => 0,
    }
}

/// What `find` calls a kind.
fn letter(inode: &Inode) -> char {
    match inode.kind {
        Kind::File { .. } => 'f',
        Kind::Link(_) => 'l',
        Kind::Directory(_) => 'd',
        Kind::Null => 'c',
    }
}

/// `stat -c '%s|%.9W|%.9Y|%.9Z|%a|%u|%F|%N'`, which follows no link.
pub(super) fn stat(world: &World, path: &str) -> Reply {
    let inode = match world.files.lookup(path, false) {
        Ok(id) => world.files.inode(id),
        Err(errno) => {
            let text = errno.text();
            return Reply::fails(format!("stat: cannot statx '{path}': {text}\n"));
        }
    };
    let (kind, name) = match &inode.kind {
        Kind::File { length: 0, .. } => ("regular empty file", format!("'{path}'")),
        Kind::File { .. } => ("regular file", format!("'{path}'")),
        Kind::Link(target) => ("symbolic link", format!("'{path}' -> '{target}'")),
        Kind::Directory(_) => ("directory", format!("'{path}'")),
        Kind::Null => ("character special file", format!("'{path}'")),
    };
    let born = match world.setup.has_births {
        true => stamp(inode.born),
        false => "0.000000000".to_owned(),
    };
    let (modified, changed) = (stamp(inode.modified), stamp(inode.changed));
    let (size, mode, owner) = (size(inode), inode.mode, inode.owner);
    Reply::prints(format!(
        "{size}|{born}|{modified}|{changed}|{mode:o}|{owner}|{kind}|{name}\n"
    ))
}

/// `stat -L -c '%s|%.9W|%.9Y|%.9Z|%F'`, and the path without links.
pub(super) fn stat_target(world: &World, path: &str) -> Reply {
    let (id, resolved) = match world.files.resolve(path) {
        Ok(found) => found,
        Err(errno) => {
            let text = errno.text();
            return Reply::fails(format!("stat: cannot statx '{path}': {text}\n"));
        }
    };
    let inode = world.files.inode(id);
    let kind = match &inode.kind {
        Kind::File { length: 0, .. } => "regular empty file",
        Kind::File { .. } => "regular file",
        Kind::Directory(_) => "directory",
        Kind::Null | Kind::Link(_) => "character special file",
    };
    let born = match world.setup.has_births {
        true => stamp(inode.born),
        false => "0.000000000".to_owned(),
    };
    let (modified, changed) = (stamp(inode.modified), stamp(inode.changed));
    let size = size(inode);
    Reply::prints(format!(
        "{size}|{born}|{modified}|{changed}|{kind}\n{resolved}\n"
    ))
}

/// `stat -c '%.9Y|%.9Z|%a'` of a directory and the one above.
pub(super) fn stat_directory(world: &World, path: &str) -> Reply {
    let above = path.rsplit_once('/').map_or("/", |(above, _)| above);
    let mut text = String::new();
    for path in [path, above] {
        match world.files.lookup(path, false) {
            Ok(id) => {
                let inode = world.files.inode(id);
                let (modified, changed) = (stamp(inode.modified), stamp(inode.changed));
                text.push_str(&format!("{modified}|{changed}|{:o}\n", inode.mode));
            }
            Err(errno) => {
                let text = errno.text();
                return Reply::fails(format!("stat: cannot statx '{path}': {text}\n"));
            }
        }
    }
    Reply::prints(text)
}

/// The mount points, without those of the kernel's file systems.
pub(super) fn mount_points(world: &World) -> Reply {
    let points = ["/", "/dev", "/proc", "/sys", "/run"].into_iter();
    let points = points.chain(world.files.mount_points());
    Reply::prints(points.map(|point| format!("{point}\n")).collect::<String>())
}

/// `ls -l`, without correct dates, which nothing reads.
pub(super) fn list(world: &World, directory: &str) -> Reply {
    let mut text = "total 20\n".to_owned();
    for (path, id) in world.files.below(directory, 1) {
        let inode = world.files.inode(id);
        let name = path.rsplit('/').next().unwrap_or_default();
        let (kind, name) = match &inode.kind {
            Kind::Directory(_) => ("drwxr-xr-x 2", name.to_owned()),
            Kind::Link(target) => ("lrwxrwxrwx 1", format!("{name} -> {target}")),
            _ => ("-rw-r--r-- 1", name.to_owned()),
        };
        let size = size(inode);
        text.push_str(&format!("{kind} root root {size:4} Nov 23 02:32 {name}\n"));
    }
    Reply::prints(text)
}

/// The bytes of a file that can be read.
fn bytes<'a>(world: &'a World, path: &str) -> Result<&'a [u8], &'static str> {
    let id = world.files.lookup(path, true).map_err(Errno::text)?;
    match world.files.inode(id).kind {
        Kind::Directory(_) => Err("Is a directory"),
        _ if world.is_unreadable(id) => Err("Permission denied"),
        _ => Ok(world.files.inode(id).bytes()),
    }
}

/// `cat`.
pub(super) fn cat(world: &World, path: &str) -> Reply {
    match bytes(world, path) {
        Ok(bytes) => Reply::prints(bytes),
        Err(text) => Reply::fails(format!("cat: {path}: {text}\n")),
    }
}

/// `sha256sum`.
pub(super) fn checksum(world: &World, path: &str) -> Reply {
    match bytes(world, path) {
        Ok(bytes) => Reply::prints(format!(
            "{}  {path}\n",
            encode_string(&Sha256::digest(bytes))
        )),
        Err(text) => Reply::fails(format!("sha256sum: {path}: {text}\n")),
    }
}

/// A line of `find -printf '%C@ …'`, whose stamps have ten decimals.
fn found(world: &World, id: usize, what: &str, path: &str) -> String {
    let changed = stamp(world.files.inode(id).changed);
    match what {
        "" => format!("{changed}0 {path}\n"),
        _ => format!("{changed}0 {what} {path}\n"),
    }
}

/// The links of a unit in `.wants` directories.
pub(super) fn find_links(world: &World, unit: &str) -> Reply {
    let mut text = String::new();
    for directory in ["/etc/systemd/system", "/run/systemd/system"] {
        for (path, id) in world.files.below(directory, 2) {
            let is_link = matches!(world.files.inode(id).kind, Kind::Link(_));
            if is_link && path.contains(".wants/") && path.ends_with(&format!("/{unit}")) {
                text.push_str(&found(world, id, "", &path));
            }
        }
    }
    Reply::prints(text)
}

/// Entries of a name in the usual places, but links in `.wants`.
pub(super) fn find_named(world: &World, name: &str) -> Reply {
    let mut text = String::new();
    let places = ["/etc", "/run/systemd", "/usr/lib/systemd", "/root", "/tmp"];
    for directory in places {
        for (path, id) in world.files.below(directory, 5) {
            if path.ends_with(&format!("/{name}")) && !path.contains(".wants/") {
                let kind = letter(world.files.inode(id)).to_string();
                text.push_str(&found(world, id, &kind, &path));
            }
        }
    }
    let missing = "find: ‘/usr/local/lib/systemd’: No such file or directory\n";
    Reply::exits(1, text, missing)
}

/// Regular files in the unit directory.
pub(super) fn find_units(world: &World, directory: &str) -> Reply {
    let mut text = String::new();
    for (path, id) in world.files.below(directory, 3) {
        let inode = world.files.inode(id);
        let name = path.rsplit('/').next().unwrap_or_default();
        if matches!(inode.kind, Kind::File { .. }) && name.contains('.') {
            text.push_str(&found(world, id, &size(inode).to_string(), &path));
        }
    }
    Reply::prints(text)
}

/// `df` of the unit directory, and whether it can be written.
pub(super) fn space(world: &World, directory: &str) -> Reply {
    let is_mounted = world.files.mount_points().any(|point| point == directory);
    let mount = if is_mounted { directory } else { "/" };
    let (free, percent) = if world.is_full {
        (0, 100)
    } else {
        (69_593_248, 27)
    };
    let access = if world.is_read_only {
        "read-only"
    } else {
        "writable"
    };
    Reply::prints(format!(
        "Filesystem 1024-blocks Used Available Capacity Mounted on\nvm-958-disk-0 264212084 25692640 {free} {percent}% {mount}\n\
         Filesystem Inodes IUsed IFree IUse% Mounted on\nvm-958-disk-0 16777216 482190 16295026 3% {mount}\n{access}\n"
    ))
}
