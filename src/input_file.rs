//! Files that a user names: opened so that none of them can block, and read up to a limit.

use std::fs::{File, Metadata};
use std::io::{Error, Read, Result};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

const ROOT: u32 = 0;
/// The type of anonymous pipes in statfs(2).
const PIPEFS: u64 = 0x5049_5045;

/// Opens a regular file, or a pipe of the shell such as `<(zcat FILE)`. Anything else is not opened: a FIFO could block,
/// and opening a device can have an effect.
///
/// # Errors
/// It cannot be opened, or is something else.
pub fn open(path: &Path) -> Result<File> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() && !metadata.file_type().is_fifo() {
        return Err(not_a_file(&metadata));
    }
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(path)?;
    // Another file may have replaced it in the meantime.
    let metadata = file.metadata()?;
    if metadata.file_type().is_fifo() && rustix::fs::fstatfs(&file)?.f_type as u64 == PIPEFS {
        rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
        return Ok(file);
    }
    if !metadata.is_file() {
        return Err(not_a_file(&metadata));
    }
    match is_of_the_kernel(&file)? {
        true => Err(Error::other("the kernel makes it, it is not a file")),
        false => Ok(file),
    }
}

/// Whether the kernel makes an open file. Reading it can block, and can take what it has from others: /proc/kmsg does both.
///
/// # Errors
/// The type of its file system is unknown.
pub fn is_of_the_kernel(file: &File) -> Result<bool> {
    /// The types of proc, sysfs, debugfs and tracefs in statfs(2).
    const OF_THE_KERNEL: [u64; 4] = [0x9fa0, 0x6265_6572, 0x6462_6720, 0x7472_6163];
    let system = rustix::fs::fstatfs(file)?;
    Ok(OF_THE_KERNEL.contains(&(system.f_type as u64)))
}

/// The content of a file.
///
/// # Errors
/// It cannot be read, or is larger than `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    read_to_end(open(path)?, limit)
}

/// The content of an open file.
///
/// # Errors
/// The same.
pub fn read_to_end(file: impl Read, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(Error::other(format!(
            "it is larger than {} MiB",
            limit >> 20
        ))),
        false => Ok(bytes),
    }
}

/// Whether a file belongs to this user or root.
pub fn is_trusted(metadata: &Metadata) -> bool {
    [ROOT, rustix::process::geteuid().as_raw()].contains(&metadata.uid())
}

/// Checks that only this user and root can have written a file, or a name in a directory.
///
/// # Errors
/// Somebody else can.
pub fn check_owner(metadata: &Metadata) -> Result<()> {
    if !is_trusted(metadata) {
        return Err(Error::other("it belongs to another user"));
    }
    let trusts_group = [ROOT, rustix::process::getegid().as_raw()].contains(&metadata.gid());
    match metadata.mode() & 0o022 {
        0 => Ok(()),
        0o020 if trusts_group => Ok(()),
        _ => Err(Error::other("other users can write to it")),
    }
}

fn not_a_file(metadata: &Metadata) -> Error {
    let kind = metadata.file_type();
    let what = if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Error::other(format!("it is {what}, not a file"))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn only_files_and_pipes_of_the_shell_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let refused = |path: &Path| read(path, 10).unwrap_err().to_string();
        std::fs::write(path("file"), "0123456789").unwrap();
        assert_eq!(read(&path("file"), 10).unwrap(), b"0123456789");
        assert_eq!(
            read(&path("file"), 9).unwrap_err().to_string(),
            "it is larger than 0 MiB"
        );
        assert_eq!(refused(directory.path()), "it is a directory, not a file");
        assert_eq!(
            refused(Path::new("/dev/zero")),
            "it is a device, not a file"
        );
        for path in ["/proc/version", "/proc/self/environ"] {
            let problem = "the kernel makes it, it is not a file";
            assert_eq!(refused(Path::new(path)), problem, "{path}");
        }
        let mode = rustix::fs::Mode::from(0o600);
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), mode).unwrap();
        assert_eq!(refused(&path("fifo")), "it is a FIFO, not a file");
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        assert_eq!(refused(&path("socket")), "it is a socket, not a file");

        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"piped").unwrap();
        drop(writer);
        let pipe = PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd()));
        assert_eq!(read(&pipe, 10).unwrap(), b"piped");
    }

    #[test]
    fn what_others_can_write_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let verdict = |mode| {
            let mode = std::fs::Permissions::from_mode(mode);
            file.as_file().set_permissions(mode).unwrap();
            check_owner(&file.as_file().metadata().unwrap()).map_err(|error| error.to_string())
        };
        assert_eq!(verdict(0o644), Ok(()));
        assert_eq!(verdict(0o664), Ok(()));
        assert_eq!(
            verdict(0o666),
            Err("other users can write to it".to_owned())
        );
    }
}
