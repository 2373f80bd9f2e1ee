//! What a container's root file system has: its distribution, and the program that is to be its init.

use super::tree::{Kind, Tree};
use super::{facts, text};
use crate::evidence::fact::{Fact, Facts};

/// Most bytes to read of a program: its ELF header and program headers, or the line of a script.
const MAX_HEADER: usize = 64 * 1024;
/// Most bytes to read of os-release.
const MAX_RELEASE: usize = 16 * 1024;
/// ELF files begin with this.
const ELF: &[u8] = b"\x7fELF";
/// Program header: the path of the interpreter.
const PT_INTERP: u32 = 3;
/// What the pre-start hook writes, unless a file `.pve-ignore.NAME` beside it forbids that.
const WRITTEN: [&str; 3] = ["hosts", "hostname", "resolv.conf"];
/// Where LXC looks for a program.
const SEARCH_PATH: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];
/// The files by which Proxmox VE knows a distribution that has no os-release.
const RELEASE_FILES: [&str; 8] = [
    "SuSE-brand",
    "SuSE-release",
    "devuan_version",
    "debian_version",
    "fedora-release",
    "centos-release",
    "alpine-release",
    "arch-release",
];

/// Facts about the image: `os`, `os_version`, `debian_version`, `release_file`; `init`, `init_state`, `interpreter`, `machine`;
/// `immutable`.
pub(super) fn look(tree: &Tree, init: &str) -> Facts {
    let release = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| tree.read(path, MAX_RELEASE).ok());
    let release = release.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let value = |key: &str| {
        let line = release
            .as_deref()?
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        text(line.trim().trim_matches(['"', '\'']))
    };
    let line = |path: &str| {
        let bytes = tree.read(path, MAX_RELEASE).ok()?;
        text(String::from_utf8_lossy(&bytes).trim())
    };
    let release_file = RELEASE_FILES
        .iter()
        .find(|name| tree.kind(&format!("/etc/{name}"), true).is_ok());
    let immutable = WRITTEN.iter().filter(|name| {
        tree.is_immutable(&format!("/etc/{name}")) == Some(true)
            && tree
                .kind(&format!("/etc/.pve-ignore.{name}"), false)
                .is_err()
    });
    let immutable = immutable
        .map(|name| Fact::Text(format!("/etc/{name}")))
        .collect();
    let program = program(tree, init);
    let mut facts = facts([
        ("os_release", Some(Fact::Bool(release.is_some()))),
        ("os", value("ID")),
        ("os_version", value("VERSION_ID")),
        ("debian_version", line("/etc/debian_version")),
        ("release_file", release_file.and_then(|name| text(*name))),
        ("immutable", Some(Fact::List(immutable))),
        ("init", text(init)),
        ("init_state", program.state.and_then(text)),
        ("interpreter", program.interpreter.and_then(text)),
        ("machine", program.machine.and_then(text)),
    ]);
    facts.extend(
        tree.is_empty()
            .ok()
            .map(|empty| (String::from("empty"), Fact::Bool(empty))),
    );
    facts
}

/// Whether a program can be executed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Program {
    state: Option<&'static str>,
    /// The interpreter that is missing.
    interpreter: Option<String>,
    /// The machine that the program is for, if it is not the node's.
    machine: Option<String>,
}

impl Program {
    fn is(state: &'static str) -> Self {
        Self {
            state: Some(state),
            ..Self::default()
        }
    }
}

fn program(tree: &Tree, name: &str) -> Program {
    // As execvp(3) does: a name without a slash is looked up in the path.
    let places = SEARCH_PATH
        .iter()
        .map(|directory| format!("{directory}/{name}"));
    let found = (!name.contains('/'))
        .then(|| {
            places
                .into_iter()
                .find(|path| tree.kind(path, true).is_ok())
        })
        .flatten();
    let path = found.as_deref().unwrap_or(name);
    match tree.kind(path, true) {
        Ok(Kind::File { executable: true }) => {}
        Ok(Kind::File { executable: false } | Kind::Directory | Kind::Other | Kind::Link) => {
            return Program::is("not-executable");
        }
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            return Program::is("missing");
        }
        Err(_) => return Program::default(),
    }
    let Ok(header) = tree.read(path, MAX_HEADER) else {
        return Program::default();
    };
    let interpreter = if header.starts_with(ELF) {
        if let Some(machine) = foreign_machine(&header) {
            return Program {
                machine: Some(machine),
                ..Program::is("wrong-architecture")
            };
        }
        interpreter(&header)
    } else {
        shebang(&header)
    };
    match interpreter {
        Some(interpreter) if tree.kind(&interpreter, true).is_err() => Program {
            interpreter: Some(interpreter),
            ..Program::is("interpreter-missing")
        },
        _ if header.is_empty() => Program::is("empty"),
        _ => Program::is("executable"),
    }
}

fn shebang(header: &[u8]) -> Option<String> {
    let line = header
        .strip_prefix(b"#!")?
        .split(|byte| *byte == b'\n')
        .next()?;
    let program = String::from_utf8_lossy(line);
    Some(program.split_ascii_whitespace().next()?.to_owned())
}

/// A number of an ELF file, in its byte order.
fn number(elf: &[u8], at: usize, bytes: usize) -> Option<u64> {
    let field = elf.get(at..at.checked_add(bytes)?)?;
    let little = elf.get(5) == Some(&1);
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    Some(if little {
        field.iter().rev().fold(0, fold)
    } else {
        field.iter().fold(0, fold)
    })
}

/// The machine of an ELF file, if this node cannot execute it.
fn foreign_machine(elf: &[u8]) -> Option<String> {
    let machine = number(elf, 18, 2)?;
    let name = match machine {
        3 => "x86",
        8 => "MIPS",
        21 => "PowerPC 64",
        22 => "S/390",
        40 => "ARM",
        62 => "x86-64",
        183 => "AArch64",
        243 => "RISC-V",
        _ => "an unknown machine",
    };
    let own = match std::env::consts::ARCH {
        "x86_64" => [62, 3],
        "aarch64" => [183, 40],
        "riscv64" => [243, 243],
        _ => return None,
    };
    (!own.contains(&machine)).then(|| name.to_owned())
}

/// The path in the program header PT_INTERP.
fn interpreter(elf: &[u8]) -> Option<String> {
    let wide = elf.get(4) == Some(&2);
    let (table, size, count) = if wide {
        (0x20, 0x36, 0x38)
    } else {
        (0x1c, 0x2a, 0x2c)
    };
    let word = if wide { 8 } else { 4 };
    let table = usize::try_from(number(elf, table, word)?).ok()?;
    let size = usize::try_from(number(elf, size, 2)?).ok()?;
    let count = usize::try_from(number(elf, count, 2)?).ok()?;
    (0..count).find_map(|at| {
        let header = table.checked_add(size.checked_mul(at)?)?;
        if number(elf, header, 4)? != u64::from(PT_INTERP) {
            return None;
        }
        let (offset, length) = if wide { (8, 32) } else { (4, 16) };
        let offset = usize::try_from(number(elf, header.checked_add(offset)?, word)?).ok()?;
        let length = usize::try_from(number(elf, header.checked_add(length)?, word)?).ok()?;
        let path = elf.get(offset..offset.checked_add(length)?)?;
        Some(
            String::from_utf8_lossy(path)
                .trim_end_matches('\0')
                .to_owned(),
        )
    })
}
