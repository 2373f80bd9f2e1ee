//! A run in one file: the report in every format, the recording, the raw outputs, and a manifest with
//! the size and SHA-256 of each. Pure: the same recording makes the same bytes.

use std::collections::BTreeMap;
use std::io::Result;

use clap::ValueEnum as _;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::evidence::recording::{Attempt, Output, Recording};
use crate::evidence::time::SECOND;
use crate::report::{Format, Layout, Report, render};

/// The format of a bundle's manifest.
pub const SCHEMA: &str = "lxcdiag.bundle/1";

/// Characters of a check's name in a file name.
const NAME: usize = 80;

/// The contents of a bundle.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    /// [`SCHEMA`].
    schema: &'static str,
    /// The version of lxcdiag that made the recording.
    lxcdiag: &'a str,
    /// When the run finished.
    finished_at: &'a str,
    /// The other files, by name.
    files: Vec<Entry<'a>>,
}

/// A file in a bundle.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    /// Its path below the bundle's directory.
    path: &'a str,
    /// Its length in bytes.
    size: usize,
    /// SHA-256 of it, in hexadecimal.
    sha256: String,
}

/// A gzipped tar archive of a run, in one directory of this name. The report must be that of the recording.
///
/// # Errors
/// None in practice: everything is written to memory.
pub fn pack(name: &str, report: &Report, recording: &Recording) -> Result<Vec<u8>> {
    let mut files = BTreeMap::new();
    for &format in Format::value_variants() {
        let text = render(report, format, Layout::default());
        files.insert(format!("report.{}", format.extension()), text.into_bytes());
    }
    let text = crate::json::compact(recording)?;
    files.insert("recording.json".to_owned(), text.into_bytes());
    let mut names = BTreeMap::new();
    for attempt in recording.attempts.iter().filter(|one| has_output(one)) {
        let name = free_name(&mut names, attempt);
        files.insert(format!("{name}.stdout"), raw(&attempt.stdout));
        files.insert(format!("{name}.stderr"), raw(&attempt.stderr));
    }
    let manifest = crate::json::pretty(&Manifest {
        schema: SCHEMA,
        lxcdiag: &report.lxcdiag,
        finished_at: &report.finished_at,
        files: files.iter().map(entry).collect(),
    })?;
    files.insert("manifest.json".to_owned(), manifest.into_bytes());
    archive(&sane(name), &files, recording.finished_at)
}

fn entry<'a>((path, bytes): (&'a String, &Vec<u8>)) -> Entry<'a> {
    Entry {
        path,
        size: bytes.len(),
        sha256: base16ct::lower::encode_string(&Sha256::digest(bytes)),
    }
}

/// Whether a command was started or has output.
fn has_output(attempt: &Attempt) -> bool {
    let started = attempt.started_at.is_some() && !attempt.argv.is_empty();
    started || attempt.stdout.total_bytes() + attempt.stderr.total_bytes() > 0
}

/// The exact bytes, with a note in place of a missing middle.
fn raw(output: &Output) -> Vec<u8> {
    let mut bytes = output.head.clone();
    if output.dropped > 0 {
        let note = format!("\n[… {} bytes dropped …]\n", output.dropped);
        bytes.extend(note.as_bytes());
    }
    bytes.extend(&output.tail);
    bytes
}

/// `raw/` and the check's name with its item; and `~` with a number if that name exists already.
fn free_name(names: &mut BTreeMap<String, usize>, attempt: &Attempt) -> String {
    let name = format!("raw/{}", sane(&attempt.key().to_string()));
    let count = names.entry(name.clone()).or_default();
    *count += 1;
    match count {
        1 => name,
        count => format!("{name}~{count}"),
    }
}

/// A file name without a special meaning to a shell, and without a path.
fn sane(name: &str) -> String {
    let is_sane = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = name
        .chars()
        .take(NAME)
        .map(|c| if is_sane(c) { c } else { '_' })
        .collect();
    match name.starts_with(['.', '-']) || name.is_empty() {
        true => format!("_{name}"),
        false => name,
    }
}

fn archive(top: &str, files: &BTreeMap<String, Vec<u8>>, finished_at: i64) -> Result<Vec<u8>> {
    let gzip = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::default());
    let mut archive = tar::Builder::new(gzip);
    let mtime = u64::try_from(finished_at / SECOND).unwrap_or(0);
    for directory in [format!("{top}/"), format!("{top}/raw/")] {
        let mut header = header(tar::EntryType::Directory, 0o700, mtime, 0);
        archive.append_data(&mut header, directory, std::io::empty())?;
    }
    for (path, bytes) in files {
        let mut header = header(tar::EntryType::Regular, 0o600, mtime, bytes.len() as u64);
        archive.append_data(&mut header, format!("{top}/{path}"), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()
}

/// A header without the user and the time.
fn header(kind: tar::EntryType, mode: u32, mtime: u64, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(mtime);
    header.set_size(size);
    header
}
