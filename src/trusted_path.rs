//! The way to a file: other users must not be able to lead it elsewhere.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::input_file::{check_owner, is_trusted, open, read_to_end};

/// As many symbolic links as the kernel follows.
const MOST_LINKS: u32 = 40;
const STICKY: u32 = 0o1000;
const WRITABLE_BY_ALL: u32 = 0o002;

/// Checks that each symbolic link on the way to a file, and a FIFO in its place, belongs to this user or root: another
/// user's link could lead to any file. The kernel's own protection depends on a setting, and on the mode of the directory.
///
/// # Errors
/// A link or the FIFO belongs to another user, or the way cannot be followed.
pub fn check_links(path: &Path) -> Result<()> {
    follow(path, |_, _| Ok(()))
}

/// The same, and that no directory above is one in which all users can replace the others' files.
///
/// # Errors
/// The same, or all users can write to a directory above, and it is not sticky.
pub fn check(path: &Path) -> Result<()> {
    follow(path, |directory, metadata| {
        match metadata.mode() & (STICKY | WRITABLE_BY_ALL) {
            WRITABLE_BY_ALL => {
                let shown = directory.display();
                Err(Error::other(format!("other users can write to {shown}")))
            }
            _ => Ok(()),
        }
    })
}

/// The content of a file that is believed: no other user can have written it, or put another file in its place.
///
/// # Errors
/// Another user can, it cannot be read, or it is larger than `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    check(path)?;
    let file = open(path)?;
    check_owner(&file.metadata()?)?;
    let absolute = std::path::absolute(path)?;
    if let Some(directory) = absolute.parent() {
        let checked = check_owner(&directory.metadata()?);
        checked.map_err(|error| Error::other(format!("{}: {error}", directory.display())))?;
    }
    read_to_end(file, limit)
}

/// Follows a path as the kernel does, as far as it exists.
fn follow(path: &Path, check_above: impl Fn(&Path, &Metadata) -> Result<()>) -> Result<()> {
    let mut left = reversed(&std::path::absolute(path)?);
    let mut reached = PathBuf::new();
    let mut links = 0;
    while let Some(name) = left.pop() {
        if name == ".." {
            reached.pop();
            continue;
        }
        let here = reached.join(name);
        let metadata = match here.symlink_metadata() {
            Err(error) if is_absent(&error) => return Ok(()),
            found => found?,
        };
        let kind = metadata.file_type();
        let is_foreign = !is_trusted(&metadata);
        if kind.is_fifo() && is_foreign {
            return Err(Error::other("it is a FIFO of another user"));
        }
        if !kind.is_symlink() {
            if !left.is_empty() {
                check_above(&here, &metadata)?;
            }
            reached = here;
            continue;
        }
        if is_foreign {
            let what = match left.is_empty() {
                true => "it".into(),
                false => here.to_string_lossy(),
            };
            let problem = format!("{what} is a symbolic link of another user");
            return Err(Error::other(problem));
        }
        // A link in /proc leads to an open file, whatever its text.
        if here.starts_with("/proc") {
            return Ok(());
        }
        links += 1;
        if links > MOST_LINKS {
            return Err(rustix::io::Errno::LOOP.into());
        }
        left.extend(reversed(&here.read_link()?));
    }
    Ok(())
}

/// The names in a path, the last one first.
fn reversed(path: &Path) -> Vec<OsString> {
    path.iter().rev().map(OsString::from).collect()
}

fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use std::fs::{Permissions, create_dir_all, set_permissions, write};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_directory_above_in_which_all_can_replace_files_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        create_dir_all(path("shared/own")).unwrap();
        write(path("shared/own/file"), "").unwrap();
        symlink("shared/own", path("link")).unwrap();
        let open = |mode| set_permissions(path("shared"), Permissions::from_mode(mode)).unwrap();
        for (mode, is_refused) in [(0o755, false), (0o777, true), (0o1777, false)] {
            open(mode);
            for name in ["shared/own/file", "link/file", "link/../own", "link/new/x"] {
                let problem = check(&path(name)).map_err(|error| error.to_string());
                let expected = match is_refused {
                    true => Err(format!(
                        "other users can write to {}",
                        path("shared").display()
                    )),
                    false => Ok(()),
                };
                assert_eq!(problem, expected, "{name} {mode:o}");
                assert!(check_links(&path(name)).is_ok());
            }
        }
        open(0o777);
        assert!(check(&path("shared")).is_ok(), "the target itself");
    }

    #[test]
    fn links_in_a_circle_are_an_error() {
        let directory = tempfile::tempdir().unwrap();
        symlink("b", directory.path().join("a")).unwrap();
        symlink("a", directory.path().join("b")).unwrap();
        assert!(check_links(&directory.path().join("a/x")).is_err());
    }
}
