//! The executor against real shells on this machine, one of each dialect that containers have. No root, no container.

// Written to be read, not reused: what goes wrong in a test is to stop it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bytes;
mod endings;
mod leftovers;
mod local;
mod losses;
#[path = "../harness/wait.rs"]
mod wait;

/// Has each test run with every dialect of `sh` at once.
#[macro_export]
macro_rules! in_each_shell {
    ($($name:ident),* $(,)?) => {
        mod in_each_shell {
            $(
                #[test]
                fn $name() {
                    $crate::local::in_each_shell(super::$name);
                }
            )*
        }
    };
}
