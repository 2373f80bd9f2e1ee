//! The `lxcdiag` command.

use std::process::ExitCode;
use std::thread::Builder;

/// As large as the kernel's default for the main thread, whose stack can be limited (`ulimit -s`) so that it overflows.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let command = || lxcdiag::cli::main(std::env::args_os().collect());
    match Builder::new()
        .name("main".to_owned())
        .stack_size(STACK)
        .spawn(command)
    {
        Ok(thread) => thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(_) => command(),
    }
}
