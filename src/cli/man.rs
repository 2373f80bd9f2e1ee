//! `lxcdiag man`.

use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use super::args::ManArgs;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::{exit_status, file, grammar, output};

pub(super) fn man(args: &ManArgs) -> Result<ExitCode, CliError> {
    let command = built();
    let Some(directory) = &args.directory else {
        output::print(&page(&command, "")?)?;
        return Ok(ExitCode::Healthy);
    };
    write(directory, &command, "")?;
    for command in command.get_subcommands() {
        write(directory, command, command.get_name())?;
        for nested in command.get_subcommands() {
            write(directory, nested, nested.get_name())?;
        }
    }
    Ok(ExitCode::Healthy)
}

fn built() -> Command {
    let mut command = grammar::without_exit_status().disable_help_subcommand(true);
    command.build();
    command
}

fn write(directory: &Path, command: &Command, name: &str) -> Result<(), CliError> {
    let path = directory.join(Man::new(command.clone()).get_filename());
    let text = page(command, name)?;
    file::write_public(&path, text.as_bytes()).map_err(|error| output::cannot_write(&path, &error))
}

/// A page in roff. `name` is that of the subcommand, or empty.
fn page(command: &Command, name: &str) -> Result<String, CliError> {
    let man = Man::new(command.clone()).manual("lxcdiag");
    let mut page = Vec::new();
    let rendered = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| match command.has_subcommands() {
            true => man.render_subcommands_section(&mut page),
            false => Ok(()),
        });
    rendered.map_err(|error| CliError::from_error(ExitCode::CannotWrite, &error))?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    page.push_str(&exit_status::manual(name));
    if let Some(examples) = command.get_after_help() {
        let text = examples.to_string();
        let text = text.strip_prefix("Examples:\n").unwrap_or(&text);
        page.push_str(&format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", escaped(text)));
    }
    Ok(page)
}

/// Plain text in roff: a hyphen stays one, and no line is a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let lines = text
        .lines()
        .map(|line| match line.starts_with(['.', '\'']) {
            true => format!("\\&{line}"),
            false => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}
