//! `lxcdiag audit`: what cannot work in provisioning scripts.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::args::AuditArgs;
use super::error::CliError;
use super::output;
use crate::audit::{self, Rule, Severity, Source};
use crate::cli::exit_code::ExitCode;
use crate::nearest_name::suggestion;
use crate::redact::Redactor;

/// Larger files are no scripts.
const LARGEST: u64 = 16 << 20;

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
    let audit = || audit::audit(&sources, &load);
    let report = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, audit);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    let Some(mut report) = report else {
        let message = "the audit failed: out of memory, or a fault in lxcdiag";
        return Err(CliError::new(ExitCode::BadInput, message));
    };
    report.redact(&mut Redactor::default());
    output::print(&report.render(args.format, output::stdout_layout()))?;
    Ok(match report.worst() {
        Some(Severity::Error) => ExitCode::Critical,
        Some(Severity::Warning) => ExitCode::Warning,
        Some(Severity::Note) | None => ExitCode::Healthy,
    })
}

fn read(path: &Path) -> Result<Source, CliError> {
    let shown = path.display().to_string();
    let text = match shown.as_str() {
        "-" => read_all(std::io::stdin()),
        _ => std::fs::File::open(path).and_then(read_all),
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
    let mut bytes = Vec::new();
    from.take(LARGEST).read_to_end(&mut bytes)?;
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
    let is_file = std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
    let text = is_file.then(|| std::fs::File::open(&path).and_then(read_all))?;
    Some((path.display().to_string(), text.ok()?))
}

fn explain(name: &str) -> Result<ExitCode, CliError> {
    let Some(rule) = Rule::from_name(name) else {
        let names = Rule::ALL.iter().map(|rule| rule.name());
        let message = format!("no rule `{name}`{}", suggestion(name, names));
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
    output::print(&text)?;
    Ok(ExitCode::Healthy)
}
