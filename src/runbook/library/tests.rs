use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::runbook::{MAX_BYTES, lint};

const BUILT_IN_FOR_TEST: &[(&str, &str)] = &[(
    "race-condition",
    "runbook: race-condition\ntitle: The built-in one\nchecks:\n  \
     - { id: a, title: One, run: [uname], pass: exit == 0 }\n",
)];

fn runbook(id: &str, title: &str) -> String {
    BUILT_IN_FOR_TEST[0]
        .1
        .replace("race-condition", id)
        .replace("The built-in one", title)
}

/// Two directories, in order of precedence.
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
        Library {
            directories: vec![(self.path("first"), true), (self.path("second"), true)],
            built_in: BUILT_IN_FOR_TEST,
        }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The message, with the directory shortened to `…`.
    fn message(&self, name: &str) -> String {
        let error = self.library().find(name).unwrap_err().to_string();
        self.cut(&error)
    }

    fn cut(&self, text: &str) -> String {
        text.replace(self.root.path().to_str().unwrap(), "…")
    }
}

#[test]
fn the_first_runbook_of_a_name_is_found() {
    let places = Places::new();
    let find = |name| places.library().find(name).unwrap();
    assert_eq!(find("race-condition").name, "race-condition (built in)");
    let second = places.write("second/race-condition.yml", "second");
    assert_eq!(find("race-condition").name, second);
    let first = places.write("first/race-condition.yaml", "first");
    assert_eq!(find("race-condition").name, first);
    assert_eq!(find("race-condition").text, "first");
    // By its path.
    assert_eq!(find(&second).text, "second");
}

#[test]
fn the_error_for_an_unknown_name_suggests_the_nearest() {
    let places = Places::new();
    places.write("second/disk-full.yaml", runbook("disk-full", "Is it full?"));
    assert_eq!(
        places.message("race-condtion"),
        "runbook `race-condtion` not found in …/first, …/second or among the built-in runbooks\n\
         hint: did you mean `race-condition`?"
    );
    assert!(
        places
            .message("disc-full")
            .contains("did you mean `disk-full`?")
    );
    for name in ["", "..", "a b", "Race", "\u{1b}[2J", "nothing-like-it"] {
        let message = places.message(name);
        assert!(message.contains("with `lxcdiag list`"), "{message}");
        assert!(!message.contains('\u{1b}'));
    }
}

#[test]
fn only_regular_files_are_read() {
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
            "cannot read …/first/fifo.yaml: it is a FIFO, not a file",
        ),
        (
            "directory",
            "cannot read …/first/directory.yaml: it is a directory, not a file",
        ),
        (
            "device",
            "cannot read …/first/device.yaml: it is a device, not a file",
        ),
        (
            "link",
            "cannot read …/first/link.yaml: no such file or directory",
        ),
        (
            "./absent",
            "cannot read ./absent: no such file or directory",
        ),
        (
            "absent.yaml",
            "cannot read absent.yaml: no such file or directory",
        ),
    ];
    for (name, expected) in cases {
        assert_eq!(places.message(name), expected);
    }
}

#[test]
fn the_size_of_a_file_is_limited() {
    let places = Places::new();
    let path = places.write("first/exact.yaml", "#".repeat(MAX_BYTES));
    assert_eq!(places.library().find(&path).unwrap().text.len(), MAX_BYTES);
    // A sparse file.
    let huge = fs::File::create(places.path("first/huge.yaml")).unwrap();
    huge.set_len(1 << 40).unwrap();
    assert_eq!(
        places.message("huge"),
        "…/first/huge.yaml: the file is larger than 1 MiB\nhint: check that it is the right file"
    );
    places.write("first/latin.yaml", b"caf\xe9");
    assert_eq!(
        places.message("latin"),
        "…/first/latin.yaml:1:4: invalid UTF-8: byte 0xe9\nhint: save the file as UTF-8"
    );
}

#[test]
fn the_given_directory_must_exist() {
    let places = Places::new();
    fs::remove_dir(places.path("first")).unwrap();
    assert_eq!(
        places.message("race-condition"),
        "cannot read …/first: no such file or directory"
    );
    assert!(places.library().list().is_err());
    // The usual directories need not exist.
    let mut library = places.library();
    library.directories = vec![(places.path("first"), false)];
    assert!(library.find("race-condition").is_ok());
    assert_eq!(library.list().unwrap().len(), 1);
}

/// Completion of a word must not wait until all runbooks are checked.
#[test]
fn names_come_from_the_names_of_files() {
    let places = Places::new();
    places.write(
        "first/race-condition.yaml",
        runbook("race-condition", "'Mine: quoted'"),
    );
    places.write("first/broken.yaml", "title: [\n");
    places.write("first/not an id.yaml", runbook("x", "Cannot be found"));
    places.write("second/broken.yml", runbook("broken", "Shadowed"));
    places.write("second/folded.yaml", "title: >\n  Two\n  lines\n");
    symlink("nowhere", places.path("second/link.yaml")).unwrap();
    let names = places.library().names().into_iter();
    let shown: Vec<_> = names
        .map(|name| format!("{}: {}", name.id, name.title.unwrap_or_default()))
        .collect();
    assert_eq!(
        shown,
        [
            "broken: ",
            "folded: ",
            "link: ",
            "race-condition: Mine: quoted"
        ]
    );
    fs::remove_dir_all(places.path("first")).unwrap();
    fs::remove_dir_all(places.path("second")).unwrap();
    assert_eq!(places.library().names().len(), 1);
}

#[test]
fn the_list_shows_precedence_and_errors() {
    let places = Places::new();
    places.write(
        "first/race-condition.yaml",
        runbook("race-condition", "Mine"),
    );
    places.write("first/broken.yaml", "runbook: broken\n");
    places.write(
        "second/broken.yml",
        runbook("broken", "Valid, but shadowed"),
    );
    places.write("second/renamed.yaml", runbook("other", "Renamed"));
    places.write("second/notes.txt", "no runbook");
    places.write("second/.hidden.yaml", "an editor's");
    let list = places.library().list().unwrap();
    let shown: Vec<_> = list
        .iter()
        .map(|entry| {
            let hidden = entry
                .shadowed_by
                .as_ref()
                .map(|origin| format!(" shadowed by {origin}"));
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
            "broken (…/first/broken.yaml) - …/first/broken.yaml:1:1: missing key `title`",
            "race-condition (…/first/race-condition.yaml) Mine",
            "broken (…/second/broken.yml) Valid, but shadowed shadowed by …/first/broken.yaml",
            "renamed (…/second/renamed.yaml) Renamed the name of the runbook is `other`, \
             but that of the file is `renamed`",
            "race-condition (built in) The built-in one shadowed by …/first/race-condition.yaml",
        ]
    );
}

#[test]
fn built_in_runbooks_are_valid() {
    for (id, text) in RUNBOOKS {
        let source = Source {
            built_in: false, // so that it is validated
            ..built_in_source(id, text)
        };
        let runbook = read(&source).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(runbook.id, *id);
    }
}

#[test]
fn built_in_runbooks_and_their_parts_are_strictly_valid() {
    for (id, text) in RUNBOOKS {
        let mut source = Source {
            built_in: false,
            ..built_in_source(id, text)
        };
        for part in &mut source.parts {
            part.source.built_in = false; // so that it is examined
        }
        assert_eq!(lint(&source).unwrap(), [], "{id}");
    }
}

#[test]
fn the_given_directory_comes_before_the_usual_ones() {
    let library = Library::standard(Some(Path::new("/srv/mine")));
    let first = library.directories.first().unwrap();
    assert_eq!(first, &(PathBuf::from("/srv/mine"), true));
    let last = library.directories.last().unwrap();
    assert_eq!(last, &(PathBuf::from("/etc/lxcdiag/runbooks"), false));
}

/// Readers paste them into a root shell: the first failure must stop them, and not the shell, and show where it was.
#[test]
fn remedies_of_built_in_runbooks_that_change_something_stop_at_the_first_failure() {
    let library = Library {
        directories: Vec::new(),
        built_in: RUNBOOKS,
    };
    for (name, _) in RUNBOOKS {
        let runbook = crate::runbook::read(&library.find(name).unwrap()).unwrap();
        for hypothesis in &runbook.hypotheses {
            assert_eq!(hypothesis.remedy, None, "{name}: {}", hypothesis.id);
            for remedy in &hypothesis.remedies {
                let script = remedy.commands.as_deref().unwrap_or_default().trim_end();
                let changes = remedy.changes.as_deref().unwrap_or("nothing");
                let stops = script.starts_with("( set -ex\n") && script.ends_with("\n)");
                assert!(
                    changes == "nothing" || script.lines().count() == 1 || stops,
                    "{name}: {}\n{script}",
                    hypothesis.id
                );
            }
        }
    }
}

#[test]
fn the_runbooks_that_built_in_ones_run_next_exist_and_have_the_vars_that_are_set() {
    let read = |id: &'static str| (id, read(&built_in(id).unwrap()).unwrap());
    let all: BTreeMap<_, _> = RUNBOOKS.iter().map(|(id, _)| read(id)).collect();
    for runbook in all.values() {
        let hypotheses = runbook.hypotheses.iter();
        let next = hypotheses.flat_map(|it| &it.next).chain(&runbook.next);
        for next in next {
            let named = all.get(next.run.as_str());
            let named =
                named.unwrap_or_else(|| panic!("{}: {} does not exist", runbook.id, next.run));
            for name in next.vars.keys() {
                assert!(named.vars.contains_key(name), "{} has no {name}", named.id);
            }
        }
        for (hypothesis, symptom) in runbook
            .hypotheses
            .iter()
            .flat_map(|it| it.explains.iter().map(|name| (&it.id, name)))
        {
            if let Some((other, id)) = symptom.split_once('/') {
                let known = all
                    .get(other)
                    .is_some_and(|it| it.hypotheses.iter().any(|it| it.id == id));
                assert!(known, "{}/{hypothesis} explains {symptom}", runbook.id);
            }
        }
    }
}
