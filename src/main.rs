//! The `lxcdiag` command.

fn main() -> std::process::ExitCode {
    lxcdiag::cli::main(std::env::args_os().collect())
}
