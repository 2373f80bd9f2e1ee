//! The files of another node, read where they are: one question after the other, answered by a shell there.
//!
//! Paths are resolved here, one component at a time, and the shell follows no link. So a link in a container's root file
//! system stays below that root, also if the container replaces it in the meantime.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::FileType;

use super::files::{Metadata, Usage};

/// Most links to follow in a path, as in the kernel.
const MAX_LINKS: u32 = 40;
/// Bytes to ask for at once.
const PIECE: u64 = 256 * 1024;

/// Answers questions about the files of another node: `VERB PATH`, or `read OFFSET LENGTH PATH`. Paths are absolute.
pub trait Questions: fmt::Debug + Send {
    /// The answer to a question.
    ///
    /// # Errors
    /// Why there is none: the error of the node, or that it does not answer any more.
    fn ask(&mut self, question: &str) -> io::Result<Vec<u8>>;
}

/// A directory of another node. Links and `..` stay below it.
#[derive(Debug, Clone)]
pub(super) struct Elsewhere {
    node: Arc<Mutex<Node>>,
    /// Its path, without links and without a slash at the end.
    root: String,
}

#[derive(Debug)]
struct Node {
    questions: Box<dyn Questions>,
    /// What is at the paths asked for so far; `None` if nothing.
    known: BTreeMap<String, Option<Entry>>,
}

#[derive(Debug, Clone)]
struct Entry {
    metadata: Metadata,
    /// The target of a symbolic link.
    target: Option<String>,
}

impl Elsewhere {
    /// The directory `root` of a node.
    pub(super) fn new(questions: Box<dyn Questions>, root: &str) -> Self {
        let known = BTreeMap::new();
        Self {
            node: Arc::new(Mutex::new(Node { questions, known })),
            root: root.trim_end_matches('/').to_owned(),
        }
    }

    /// A directory below this one.
    pub(super) fn below(&self, path: &Path) -> io::Result<Self> {
        let (root, entry) = self.locate(path, true)?;
        match entry.metadata.kind {
            FileType::Directory => Ok(Self {
                node: Arc::clone(&self.node),
                root,
            }),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// What is at a path. The last component is followed if `follow`; others always are.
    pub(super) fn metadata(&self, path: &Path, follow: bool) -> io::Result<Metadata> {
        Ok(self.locate(path, follow)?.1.metadata)
    }

    /// Up to `length` bytes of a regular file or a block device.
    pub(super) fn read(&self, path: &Path, offset: u64, length: u64) -> io::Result<Vec<u8>> {
        let (path, entry) = self.locate(path, true)?;
        if !matches!(
            entry.metadata.kind,
            FileType::RegularFile | FileType::BlockDevice
        ) {
            return Err(io::Error::other("neither a file nor a block device"));
        }
        let mut bytes = Vec::new();
        let mut read = 0;
        while read < length {
            let count = (length - read).min(PIECE);
            let at = offset.saturating_add(read);
            let piece = self.ask(&format!("read {at} {count}"), &path)?;
            let got = piece.len() as u64;
            bytes.extend(piece);
            read += got;
            if got < count {
                break;
            }
        }
        bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(bytes)
    }

    /// The first names in a directory.
    pub(super) fn names(&self, path: &Path) -> io::Result<Vec<String>> {
        let (path, _) = self.locate(path, true)?;
        let names = self.text("list", &path)?;
        Ok(names.lines().map(str::to_owned).collect())
    }

    /// The use of the file system that has `path`.
    pub(super) fn usage(&self, path: &Path) -> io::Result<Usage> {
        let (path, _) = self.locate(path, true)?;
        let answer = self.text("statfs", &path)?;
        let words: Vec<_> = answer.split_ascii_whitespace().collect();
        let [kind, blocks, free, inodes, free_inodes] = words.as_slice() else {
            return Err(unexpected(&answer));
        };
        let number = |word: &str| word.parse::<u64>().map_err(|_| unexpected(&answer));
        Ok(Usage {
            kind: i64::from_str_radix(kind, 16).map_err(|_| unexpected(&answer))?,
            blocks: number(blocks)?,
            free: number(free)?,
            inodes: number(inodes)?,
            free_inodes: number(free_inodes)?,
        })
    }

    /// Whether a file has the attribute that prevents all changes.
    pub(super) fn is_immutable(&self, path: &Path) -> io::Result<bool> {
        let (path, _) = self.locate(path, false)?;
        let answer = self.text("attributes", &path)?;
        let flags = answer.split(' ').next().unwrap_or_default();
        Ok(flags.contains('i'))
    }

    /// The records of the kernel's log, as `/dev/kmsg` has them.
    pub(super) fn kernel_log(&self) -> io::Result<String> {
        let (path, _) = self.locate(Path::new("dev/kmsg"), false)?;
        self.text("kernel-log", &path)
    }

    /// Resolves a path to one without links.
    fn locate(&self, path: &Path, follow: bool) -> io::Result<(String, Entry)> {
        let path = path.to_str().ok_or_else(|| io::Error::other("not UTF-8"))?;
        let mut left: VecDeque<String> = names(path).map(str::to_owned).collect();
        let mut walked: Vec<String> = Vec::new();
        let mut entry = self.entry(&self.path(&walked))?;
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            if entry.metadata.kind != FileType::Directory {
                return Err(io::ErrorKind::NotADirectory.into());
            }
            if name == ".." {
                walked.pop();
                entry = self.entry(&self.path(&walked))?;
                continue;
            }
            walked.push(name);
            entry = self.entry(&self.path(&walked))?;
            let Some(target) = entry.target.clone().filter(|_| follow || !left.is_empty()) else {
                continue;
            };
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("too many levels of symbolic links"));
            }
            walked.pop();
            if target.starts_with('/') {
                walked.clear();
            }
            for name in names(&target).rev() {
                left.push_front(name.to_owned());
            }
            entry = self.entry(&self.path(&walked))?;
        }
        Ok((self.path(&walked), entry))
    }

    fn path(&self, walked: &[String]) -> String {
        let mut path = self.root.clone();
        for name in walked {
            path.push('/');
            path.push_str(name);
        }
        path
    }

    fn entry(&self, path: &str) -> io::Result<Entry> {
        let known = |node: &Node| node.known.get(path).cloned();
        let known = known(&self.node.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(known) = known {
            return known.ok_or_else(|| io::ErrorKind::NotFound.into());
        }
        let found = match self.look(path) {
            Ok(entry) => Some(entry),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut node = self.node.lock().unwrap_or_else(PoisonError::into_inner);
        node.known.insert(path.to_owned(), found.clone());
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn look(&self, path: &str) -> io::Result<Entry> {
        let answer = self.text("stat", path)?;
        let mut words = answer.split_ascii_whitespace();
        let mode = words
            .next()
            .and_then(|mode| u32::from_str_radix(mode, 16).ok());
        let inode = words.next().and_then(|inode| inode.parse().ok());
        let (Some(mode), Some(inode)) = (mode, inode) else {
            return Err(unexpected(&answer));
        };
        let kind = FileType::from_raw_mode(mode);
        let target = match kind {
            FileType::Symlink => {
                let target = self.text("link", path)?;
                Some(target.strip_suffix('\n').unwrap_or(&target).to_owned())
            }
            _ => None,
        };
        Ok(Entry {
            metadata: Metadata { kind, mode, inode },
            target,
        })
    }

    fn text(&self, verb: &str, path: &str) -> io::Result<String> {
        let bytes = self.ask(verb, path)?;
        String::from_utf8(bytes).map_err(|_| io::Error::other("not UTF-8"))
    }

    fn ask(&self, verb: &str, path: &str) -> io::Result<Vec<u8>> {
        if path.contains(['\n', '\0']) {
            return Err(io::Error::other("the path has a line break"));
        }
        let path = if path.is_empty() { "/" } else { path };
        let mut node = self.node.lock().unwrap_or_else(PoisonError::into_inner);
        node.questions.ask(&format!("{verb} {path}"))
    }
}

fn names(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|name| !matches!(*name, "" | "."))
}

fn unexpected(answer: &str) -> io::Error {
    io::Error::other(format!("unexpected answer: {answer:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node with these paths: `None` is a directory, and a text is the target of a link.
    #[derive(Debug)]
    struct Played(Vec<(&'static str, Option<&'static str>)>);

    impl Questions for Played {
        fn ask(&mut self, question: &str) -> io::Result<Vec<u8>> {
            let (verb, path) = question.split_once(' ').unwrap();
            let found = self.0.iter().find(|(at, _)| *at == path);
            let (_, target) = found.ok_or(io::ErrorKind::NotFound)?;
            Ok(match (verb, target) {
                ("stat", None) => b"41ed 7\n".to_vec(),
                ("stat", Some(_)) => b"a1ff 8\n".to_vec(),
                ("link", Some(target)) => format!("{target}\n").into_bytes(),
                _ => panic!("{question}"),
            })
        }
    }

    #[test]
    fn links_and_parents_stay_below_the_root() {
        let node = Played(vec![
            ("/images/958", None),
            ("/images/958/etc", None),
            ("/images/958/up", Some("../../../etc")),
            ("/images/958/all", Some("/etc")),
            ("/images/958/loop", Some("loop")),
            ("/images/958/gone", Some("/nope")),
            ("/etc", None),
        ]);
        let root = Elsewhere::new(Box::new(node), "/images/958/");
        let located = |path: &str| root.locate(Path::new(path), true).map(|found| found.0);
        for path in ["etc", "/etc", "../../etc", "up", "all", "/all/../up/."] {
            assert_eq!(located(path).unwrap(), "/images/958/etc", "{path}");
        }
        assert!(
            located("loop")
                .unwrap_err()
                .to_string()
                .contains("too many")
        );
        assert_eq!(located("gone").unwrap_err().kind(), io::ErrorKind::NotFound);
        let link = root.metadata(Path::new("loop"), false).unwrap();
        assert_eq!(link.kind, FileType::Symlink);
    }

    #[test]
    fn an_answer_that_makes_no_sense_is_unknown() {
        #[derive(Debug)]
        struct Hostile(&'static [u8]);
        impl Questions for Hostile {
            fn ask(&mut self, _: &str) -> io::Result<Vec<u8>> {
                Ok(self.0.to_vec())
            }
        }
        for answer in [
            &b""[..],
            b"x",
            b"41ed",
            b"41ed -1",
            b"\xff\xfe",
            b"a1ff 1",
            b"99999999999 1",
        ] {
            let root = Elsewhere::new(Box::new(Hostile(answer)), "");
            let found = root.metadata(Path::new("/etc/x"), true);
            assert!(found.is_err(), "{answer:?}: {found:?}");
            assert!(root.usage(Path::new("/")).is_err());
        }
    }
}
