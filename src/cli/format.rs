//! Report formats by the extension of a file.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::error::CliError;
use crate::cli::exit_code::ExitCode;
use crate::terminal_text::visible_path;

/// The format of each file. Files of a format have this `extension`, if they have one.
pub(super) fn of_files<F: ValueEnum + Copy + 'static>(
    files: &[PathBuf],
    extension: impl Fn(F) -> Option<&'static str>,
) -> Result<Vec<(&Path, F)>, CliError> {
    let formats = F::value_variants().iter();
    let known: Vec<_> = formats
        .filter_map(|format| Some((extension(*format)?, *format)))
        .collect();
    let of_file = |file: &'_ PathBuf| {
        let extension = file.extension()?.to_str()?;
        let mut known = known.iter();
        known.find_map(|(name, format)| (*name == extension).then_some(*format))
    };
    files
        .iter()
        .map(|file| {
            let format = of_file(file).ok_or_else(|| {
                let known: Vec<_> = known.iter().map(|(name, _)| format!(".{name}")).collect();
                let message = format!(
                    "`--output {}`: the file extension must be one of {}",
                    visible_path(file),
                    known.join(", ")
                );
                CliError::new(ExitCode::Usage, message)
            })?;
            Ok((file.as_path(), format))
        })
        .collect()
}
