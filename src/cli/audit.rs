//! `lxcdiag audit`: what cannot work in provisioning scripts.

use std::path::{Component, Path, PathBuf};

use super::args::AuditArgs;
use super::error::CliError;
use super::output;
use crate::audit::{self, Report, Rule, Severity, Source, Style};
use crate::cli::exit_code::ExitCode;
use crate::evidence::container_id::ContainerId;
use crate::evidence::script::ScriptFinding;
use crate::input_file;
use crate::nearest_name::suggestion;
use crate::redact::Redactor;

/// The size of the largest script.
const LARGEST: u64 = 1 << 20;

/// The walk goes as deep as the script is nested.
const STACK: usize = 256 << 20;

pub(super) fn audit(args: &AuditArgs) -> Result<ExitCode, CliError> {
    if let Some(name) = &args.explain {
        return explain(name);
    }
    let mut sources = Vec::new();
    for path in &args.scripts {
        sources.push(read(path)?);
    }
    let mut report = on_deep_stack(|| audit::audit(&sources, &load))?;
    let status = exit_code(&report);
    if args.patch {
        return patch(&sources, args.style, status);
    }
    report.redact(&mut Redactor::default());
    let text = report.render(args.format, output::stdout_layout());
    match args.format {
        audit::Format::Table => output::print_text(text)?,
        _ => output::print(&text)?,
    }
    Ok(status)
}

/// What the audit of a script finds about a container.
pub(super) fn evidence(path: &Path, ct: ContainerId) -> Result<Vec<ScriptFinding>, CliError> {
    let source = read(path)?;
    on_deep_stack(|| audit::evidence(&source, &load, ct))
}

fn exit_code(report: &Report) -> ExitCode {
    match report.worst() {
        Some(Severity::Error) => ExitCode::Critical,
        Some(Severity::Warning) => ExitCode::Warning,
        Some(Severity::Note) | None => ExitCode::Healthy,
    }
}

/// Prints a patch, and what it leaves. The exit status is that of the findings before it.
fn patch(sources: &[Source], style: Style, status: ExitCode) -> Result<ExitCode, CliError> {
    if style == Style::Sleep && status == ExitCode::Critical {
        let message = "the audit finds an error, and no delay helps there";
        let hint = "`lxcdiag audit --patch` without `--style sleep` proposes a repair";
        return Err(CliError::new(status, message).with_hint(hint));
    }
    let mut diff = String::new();
    for source in sources {
        let patch = on_deep_stack(|| audit::patch(source, &load, &list_files, style))?;
        diff.push_str(&patch.diff);
        if style == Style::Repair {
            for left in patch.left {
                let (path, line, rule) = (left.path, left.line, left.rule.name());
                tracing::warn!("{path}:{line}: no patch for {rule}");
            }
        }
    }
    output::print(&diff)?;
    Ok(status)
}

/// Runs something that goes as deep as a script is nested.
fn on_deep_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, CliError> {
    let result = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    result.ok_or_else(|| {
        let message = "the audit failed: out of memory, or a fault in lxcdiag";
        CliError::new(ExitCode::BadInput, message)
    })
}

/// The names of the files in a directory of this host, as a script at a path names it.
fn list_files(script: &str, directory: &str) -> Option<Vec<String>> {
    let beside = Path::new(script).parent().unwrap_or(Path::new(""));
    let entries = std::fs::read_dir(Path::new(".").join(beside).join(directory)).ok()?;
    let files = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let is_file = std::fs::metadata(entry.path()).is_ok_and(|file| file.is_file());
        is_file.then(|| entry.file_name().into_string().ok())?
    });
    let mut names: Vec<String> = files.collect();
    names.sort_unstable();
    Some(names)
}

fn read(path: &Path) -> Result<Source, CliError> {
    let shown = path.display().to_string();
    let text = match shown.as_str() {
        "-" => read_all(std::io::stdin()),
        _ => input_file::open(path).and_then(read_all),
    };
    match text {
        Ok(text) => Ok(Source { path: shown, text }),
        Err(error) => {
            let message = format!("cannot read `{shown}`: {error}");
            Err(CliError::new(ExitCode::Usage, message))
        }
    }
}

fn read_all(from: impl std::io::Read) -> std::io::Result<String> {
    let bytes = input_file::read_to_end(from, LARGEST)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file that a script sources, from the directory of the script. What this machine has elsewhere is not the
/// script's: an absolute path is not read.
fn load(script: &str, path: &str) -> Option<(String, String)> {
    if Path::new(path).is_absolute() {
        return None;
    }
    let directory = Path::new(script).parent().unwrap_or(Path::new(""));
    let path = directory.join(path);
    let is_named = |part: &Component| !matches!(part, Component::CurDir);
    let path: PathBuf = path.components().filter(is_named).collect();
    let text = input_file::open(&path).and_then(read_all).ok()?;
    Some((path.display().to_string(), text))
}

fn explain(name: &str) -> Result<ExitCode, CliError> {
    let Some(rule) = Rule::from_name(name) else {
        let names = Rule::ALL.iter().map(|rule| rule.name());
        let message = format!("unknown rule `{name}`{}", suggestion(name, names));
        return Err(CliError::new(ExitCode::Usage, message));
    };
    let about = rule.explanation();
    let indented = |text: &str| {
        text.lines()
            .map(|line| format!("  {line}\n"))
            .collect::<String>()
    };
    let text = format!(
        "{name}: {}\n\n{}\n\nExample:\n{}\nFix:\n{}",
        about.what,
        about.why,
        indented(about.example),
        indented(about.fix)
    );
    output::print_text(text)?;
    Ok(ExitCode::Healthy)
}
