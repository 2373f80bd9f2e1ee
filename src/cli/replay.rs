//! `lxcdiag replay`: runs a recording's checks again, with the recorded answers.

use std::sync::Arc;

use super::args::ReplayArgs;
use super::error::CliError;
use super::output::Sinks;
use super::runtime::block_on;
use super::{recordings, runbooks};
use crate::cli::exit_code::ExitCode;
use crate::engine::diagnose::play_back;
use crate::engine::plan::Request;
use crate::engine::policy::ChangePolicy;

pub(super) fn replay(args: &ReplayArgs, command_line: Vec<String>) -> Result<ExitCode, CliError> {
    let recorded = recordings::read(&args.recording)?;
    let (source, runbook) = runbooks::find(&args.library, &recorded.runbook.id)?;
    let request = Request {
        recorded: runbooks::recorded(&source, &runbook),
        values: runbooks::values(&runbook, &[])?,
        runbook: Arc::new(runbook),
        command_line,
        failed_at: recorded.failed_at,
        log: recorded.log.clone(),
        changes: ChangePolicy::Allowed,
        timeout: None,
        demonstration: None,
        keep_secrets: false,
    };
    let sinks = Sinks::new(&args.report, None)?;
    let conclusion = block_on(async || play_back(&request, &recorded).await)?;
    sinks.write(&conclusion)?;
    Ok(ExitCode::of_verdict(&conclusion.verdict))
}
