//! The directory beside a sweep's page, with a report on each container, written when its visit ends.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::super::error::CliError;
use super::super::output::cannot_write;
use crate::atomic_file::replace;
use crate::evidence::container_id::ContainerId;
use crate::report::{Format, Layout, Report, render};
use crate::trusted_path;

/// Characters to percent-encode in a part of a link: all but the unreserved ones (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The reports that a page links to.
pub(super) struct Reports {
    directory: PathBuf,
    /// Those of this sweep.
    written: Mutex<BTreeSet<ContainerId>>,
    /// Why one of them was not written.
    failed: Mutex<Option<CliError>>,
}

impl Reports {
    /// Those of the page `NAME.html`, in `NAME.reports` beside it.
    pub(super) fn of_page(page: &Path) -> std::result::Result<Self, CliError> {
        let directory = page.with_extension("reports");
        make(&directory).map_err(|error| cannot_write(&directory, &error))?;
        Ok(Self {
            directory,
            written: Mutex::default(),
            failed: Mutex::default(),
        })
    }

    /// Writes a container's report completely or not at all. An error does not end the sweep: `finish`
    /// returns it.
    pub(super) fn write(&self, report: &Report) {
        let text = render(report, Format::Html, Layout::default());
        let ct = report.target.ct;
        let path = self.directory.join(file_name(ct));
        match replace(&path, text.as_bytes()) {
            Ok(()) => _ = lock(&self.written).insert(ct),
            Err(error) => *lock(&self.failed) = Some(cannot_write(&path, &error)),
        }
    }

    /// The link from the page to a container's report; none if this sweep has not written one.
    pub(super) fn link(&self, ct: ContainerId) -> Option<String> {
        let name = self.directory.file_name()?;
        let there = lock(&self.written).contains(&ct);
        there.then(|| {
            format!(
                "./{}/{}",
                percent_encode(name.as_bytes(), RESERVED),
                file_name(ct)
            )
        })
    }

    /// Removes the reports of earlier sweeps, after the page that linked to them was replaced.
    ///
    /// # Errors
    /// A report could not be removed, or not every report of this sweep was written.
    pub(super) fn finish(&self) -> std::result::Result<(), CliError> {
        let removed = self.remove_earlier();
        match lock(&self.failed).take() {
            Some(error) => Err(error),
            None => removed.map_err(|error| cannot_write(&self.directory, &error)),
        }
    }

    fn remove_earlier(&self) -> Result<()> {
        let written = lock(&self.written);
        for entry in std::fs::read_dir(&self.directory)? {
            let entry = entry?;
            let is_earlier = |name: &str| {
                let ct = name.strip_suffix(".html")?.parse().ok()?;
                Some(name == file_name(ct) && !written.contains(&ct))
            };
            if entry.file_name().to_str().and_then(is_earlier) == Some(true) {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a directory that only its owner can access, because reports contain the output of commands. An existing
/// directory is used if it belongs to this user: the owner of another one, or a symbolic link, could redirect the files.
fn make(directory: &Path) -> Result<()> {
    trusted_path::check_links(directory)?;
    match std::fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = directory.symlink_metadata()?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        let problem =
            "it is not a directory, or belongs to another user; move it, or use another page";
        return Err(Error::new(ErrorKind::AlreadyExists, problem));
    }
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))
}

fn file_name(ct: ContainerId) -> String {
    format!("{ct}.html")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::ct;

    #[test]
    fn a_link_leads_to_the_report_for_any_name_of_the_page() {
        for (page, link) in [
            ("/srv/page.html", "./page.reports/958.html"),
            (
                "javascript:alert(1).html",
                "./javascript%3Aalert%281%29.reports/958.html",
            ),
            ("100% a?b#c.html", "./100%25%20a%3Fb%23c.reports/958.html"),
            ("Übersicht.html", "./%C3%9Cbersicht.reports/958.html"),
        ] {
            let reports = Reports {
                directory: Path::new(page).with_extension("reports"),
                written: BTreeSet::from([ct(958)]).into(),
                failed: Mutex::default(),
            };
            assert_eq!(reports.link(ct(958)).as_deref(), Some(link));
            assert_eq!(reports.link(ct(959)), None);
        }
    }

    #[test]
    fn only_reports_of_earlier_sweeps_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let reports = Reports::of_page(&directory.path().join("page.html")).unwrap();
        lock(&reports.written).insert(ct(958));
        for name in ["958.html", "959.html", "0959.html", "notes.html", "959.txt"] {
            std::fs::write(reports.directory.join(name), "").unwrap();
        }
        reports.finish().unwrap();
        let mut left: Vec<_> = std::fs::read_dir(&reports.directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["0959.html", "958.html", "959.txt", "notes.html"]);
    }

    #[test]
    fn the_directory_is_private_and_not_a_symbolic_link() {
        let directory = tempfile::tempdir().unwrap();
        let page = directory.path().join("page.html");
        let reports = Reports::of_page(&page).unwrap();
        let open = std::fs::Permissions::from_mode(0o777);
        std::fs::set_permissions(&reports.directory, open).unwrap();
        Reports::of_page(&page).unwrap();
        let mode = reports.directory.metadata().unwrap().mode();
        assert_eq!(mode & 0o7777, 0o700);

        std::fs::remove_dir(&reports.directory).unwrap();
        std::os::unix::fs::symlink(directory.path(), &reports.directory).unwrap();
        assert!(Reports::of_page(&page).is_err());
    }
}
