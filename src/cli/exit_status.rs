//! What the exit status of each command means, for the help and the manual.

use std::fmt::Write as _;

use super::exit_code::ExitCode;

/// The exit statuses of a command, with their meanings; of all commands if `command` is empty.
pub(super) fn of_command(command: &str) -> Vec<(ExitCode, &'static str)> {
    use ExitCode::{
        BadInput, CannotWrite, Critical, Healthy, Inconclusive, Interrupted, NotAllowed,
        Terminated, Unavailable, Usage, Warning,
    };
    const OK: (ExitCode, &str) = (Healthy, "Success");
    const USAGE: (ExitCode, &str) = (Usage, "The command line is wrong");
    const INPUT: (ExitCode, &str) = (BadInput, "A runbook or another input is not valid");
    const WRITE: (ExitCode, &str) = (CannotWrite, "The output could not be written");
    let of_diagnosis = [
        (Healthy, "Healthy, or the runbook does not apply"),
        (Warning, "A warning, or a fault that is only likely"),
        (Critical, "A fault confirmed, or critical"),
        (Inconclusive, "The state could not be determined"),
    ];
    let of_containers = [
        (Unavailable, "pct, the container or the node is unavailable"),
        WRITE,
        (NotAllowed, "Not allowed: not root"),
        (Interrupted, "Interrupted by SIGINT"),
        (Terminated, "Ended by SIGTERM"),
    ];
    match command {
        "" | "run" | "fix" | "sweep" => {
            [&of_diagnosis[..], &[USAGE, INPUT], &of_containers].concat()
        }
        "judge" => [&of_diagnosis[..], &[USAGE, INPUT, WRITE]].concat(),
        "diff" => vec![
            (Healthy, "No difference"),
            (Warning, "A difference"),
            USAGE,
            INPUT,
            WRITE,
        ],
        "test" => vec![
            (Healthy, "All tests passed"),
            (Warning, "A test failed"),
            USAGE,
            INPUT,
            WRITE,
        ],
        "audit" => vec![
            (Healthy, "No findings, or only notes"),
            (Warning, "Warnings"),
            (Critical, "Errors"),
            USAGE,
            INPUT,
            WRITE,
        ],
        "doctor" => vec![
            (Healthy, "The host is ready"),
            (Warning, "Ready, but something reduces what lxcdiag can do"),
            (Critical, "lxcdiag cannot run here"),
            (Inconclusive, "The state could not be determined"),
            USAGE,
            WRITE,
        ],
        "trace" => vec![
            (
                Healthy,
                "Success of the traced command; otherwise its exit status",
            ),
            (Warning, "With --repeat: a run of the command failed"),
            USAGE,
            INPUT,
            (Unavailable, "The command could not be started"),
            WRITE,
        ],
        _ => vec![OK, USAGE, INPUT, WRITE],
    }
}

/// The section of the help.
pub(super) fn help(command: &str) -> String {
    let mut text = String::from("Exit status:\n");
    for (code, meaning) in of_command(command) {
        let _ = writeln!(text, "  {:>3}  {meaning}", code as u8);
    }
    text
}

/// The section of the manual, in roff.
pub(super) fn manual(command: &str) -> String {
    let mut text = String::from(".SH \"EXIT STATUS\"\n");
    for (code, meaning) in of_command(command) {
        let _ = writeln!(text, ".TP\n\\fB{}\\fR\n{meaning}", code as u8);
    }
    text
}
