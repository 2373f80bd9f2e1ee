use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::runbook::MAX_BYTES;

const PLACEHOLDER: &[BuiltIn] = &[BuiltIn {
    id: "race-condition",
    text: "runbook: race-condition\ntitle: The binary's own\nchecks:\n  \
           - { id: a, title: One, run: [uname], pass: exit == 0 }\n",
}];

fn runbook(id: &str, title: &str) -> String {
    PLACEHOLDER[0]
        .text
        .replace("race-condition", id)
        .replace("The binary's own", title)
}

/// Two directories, the first of which is looked in first.
struct Places {
    root: tempfile::TempDir,
}

impl Places {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("first")).unwrap();
        fs::create_dir(root.path().join("second")).unwrap();
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn library(&self) -> Library {
        Library::new(vec![self.path("first"), self.path("second")], PLACEHOLDER)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The message, with the directory's name cut short.
    fn message(&self, name: &str) -> String {
        let error = self.library().find(name).unwrap_err().to_string();
        self.cut(&error)
    }

    fn cut(&self, text: &str) -> String {
        text.replace(self.root.path().to_str().unwrap(), "…")
    }
}

#[test]
fn what_is_found_first_counts() {
    let places = Places::new();
    let find = |name| places.library().find(name).unwrap();
    assert_eq!(find("race-condition").name, "race-condition (built in)");
    let second = places.write("second/race-condition.yml", "second");
    assert_eq!(find("race-condition").name, second);
    let first = places.write("first/race-condition.yaml", "first");
    assert_eq!(find("race-condition").name, first);
    assert_eq!(find("race-condition").text, "first");
    // A path is taken as it is.
    assert_eq!(find(&second).text, "second");
}

#[test]
fn an_unknown_name_is_told_with_the_nearest() {
    let places = Places::new();
    places.write("second/disk-full.yaml", runbook("disk-full", "Is it full?"));
    assert_eq!(
        places.message("race-condtion"),
        "no runbook is called `race-condtion`; did you mean `race-condition`? Looked in …/first, \
         …/second, lxcdiag itself; a file is given by its path, as ./NAME"
    );
    assert!(
        places
            .message("disc-full")
            .contains("did you mean `disk-full`?")
    );
    for name in ["", "..", "a b", "Race", "\u{1b}[2J", "nothing-like-it"] {
        let message = places.message(name);
        assert!(message.contains("`lxcdiag list` shows"), "{message}");
        assert!(!message.contains('\u{1b}'));
    }
}

#[test]
fn what_is_no_file_is_not_read() {
    let places = Places::new();
    let fifo = places.path("first/fifo.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    fs::create_dir(places.path("first/directory.yaml")).unwrap();
    symlink("nowhere", places.path("first/link.yaml")).unwrap();
    symlink("/dev/zero", places.path("first/device.yaml")).unwrap();
    let cases = [
        (
            "fifo",
            "cannot read …/first/fifo.yaml: it is a FIFO; name a file",
        ),
        (
            "directory",
            "cannot read …/first/directory.yaml: it is a directory; name a file",
        ),
        (
            "device",
            "cannot read …/first/device.yaml: it is a device; name a file",
        ),
        (
            "link",
            "cannot read …/first/link.yaml: there is no such file or directory",
        ),
        (
            "./absent",
            "cannot read ./absent: there is no such file or directory",
        ),
        (
            "absent.yaml",
            "cannot read absent.yaml: there is no such file or directory",
        ),
    ];
    for (name, expected) in cases {
        assert_eq!(places.message(name), expected);
    }
}

#[test]
fn no_more_than_the_longest_runbook_is_read() {
    let places = Places::new();
    let path = places.write("first/exact.yaml", "#".repeat(MAX_BYTES));
    assert_eq!(places.library().find(&path).unwrap().text.len(), MAX_BYTES);
    // Sparse: a terabyte that is not there.
    let huge = fs::File::create(places.path("first/huge.yaml")).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert_eq!(
        places.message("huge"),
        "…/first/huge.yaml: longer than 1 MiB; is it the right file?"
    );
    places.write("first/latin.yaml", b"caf\xe9");
    assert_eq!(
        places.message("latin"),
        "…/first/latin.yaml:1:4: the byte 0xe9 is not UTF-8; save the file as UTF-8 text"
    );
}

#[test]
fn a_directory_that_was_asked_for_must_be_there() {
    let places = Places::new();
    fs::remove_dir(places.path("first")).unwrap();
    assert_eq!(
        places.message("race-condition"),
        "cannot read …/first: there is no such file or directory"
    );
    assert!(places.library().list().is_err());
    // The usual ones need not be.
    let mut library = places.library();
    library.directories = vec![(places.path("first"), false)];
    assert!(library.find("race-condition").is_ok());
    assert_eq!(library.list().unwrap().len(), 1);
}

#[test]
fn the_list_marks_what_is_hidden_or_wrong() {
    let places = Places::new();
    places.write(
        "first/race-condition.yaml",
        runbook("race-condition", "Mine"),
    );
    places.write("first/broken.yaml", "runbook: broken\n");
    places.write("second/broken.yml", runbook("broken", "Whole, but hidden"));
    places.write("second/renamed.yaml", runbook("other", "Called otherwise"));
    places.write("second/notes.txt", "no runbook");
    places.write("second/.hidden.yaml", "an editor's");
    let list = places.library().list().unwrap();
    let shown: Vec<_> = list
        .iter()
        .map(|entry| {
            let hidden = entry
                .shadowed_by
                .as_ref()
                .map(|origin| format!(" hidden by {origin}"));
            let line = format!(
                "{} ({}) {}{} {}",
                entry.id,
                entry.origin,
                entry.title.as_deref().unwrap_or("-"),
                hidden.unwrap_or_default(),
                entry.problem.as_deref().unwrap_or(""),
            );
            places.cut(line.trim_end())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "broken (…/first/broken.yaml) - …/first/broken.yaml:1:1: the key `title` is missing; \
             add `title:`",
            "race-condition (…/first/race-condition.yaml) Mine",
            "broken (…/second/broken.yml) Whole, but hidden hidden by …/first/broken.yaml",
            "renamed (…/second/renamed.yaml) Called otherwise it calls itself `other` and its file \
             `renamed`; make the two alike",
            "race-condition (built in) The binary's own hidden by …/first/race-condition.yaml",
        ]
    );
}

#[test]
fn runbooks_inside_the_binary_are_good_ones() {
    for BuiltIn { id, text } in BUILT_IN {
        let source = Source::from_bytes(id, text.as_bytes()).unwrap();
        assert!(!source.built_in, "all is looked for");
        let runbook = read(&source).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(runbook.id, *id);
    }
}

#[test]
fn the_directory_asked_for_comes_before_the_usual_ones() {
    let library = Library::standard(Some(Path::new("/srv/mine")));
    let first = library.directories.first().unwrap();
    assert_eq!(first, &(PathBuf::from("/srv/mine"), true));
    let last = library.directories.last().unwrap();
    assert_eq!(last, &(PathBuf::from("/etc/lxcdiag/runbooks"), false));
}
