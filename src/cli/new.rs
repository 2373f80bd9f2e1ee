//! `lxcdiag new`: a runbook to start from.

use std::io::ErrorKind;
use std::path::Path;

use super::args::NewArgs;
use super::error::CliError;
use super::file::create_public;
use super::output::{cannot_write, print_line};
use crate::cli::exit_code::ExitCode;
use crate::runbook::is_runbook_name;
use crate::terminal_text::visible;

const TEMPLATE: &str = include_str!("new/template.yaml");

pub(super) fn write(args: &NewArgs) -> Result<ExitCode, CliError> {
    let name = &args.name;
    if !is_runbook_name(name) {
        let message = format!("invalid runbook name `{}`", visible(name));
        let hint = "use lower-case letters, digits and `-`, and start with a letter";
        return Err(CliError::new(ExitCode::Usage, message).with_hint(hint));
    }
    let file = format!("{name}.yaml");
    let text = TEMPLATE.replace("NAME", name);
    create_public(Path::new(&file), text.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let message = format!("{file} already exists, and is not overwritten");
            CliError::new(ExitCode::CannotWrite, message).with_hint("choose another name")
        }
        _ => cannot_write(Path::new(&file), &error),
    })?;
    print_line(&format!(
        "wrote {file}\n\nNext:\n  lxcdiag validate --strict {file}\n  lxcdiag show {file}\n  lxcdiag run {file} --ct ID"
    ))?;
    Ok(ExitCode::Healthy)
}
