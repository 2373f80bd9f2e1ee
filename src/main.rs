//! The `lxcdiag` command.
fn main() {}
