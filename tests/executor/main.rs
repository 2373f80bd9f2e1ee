//! The executor with real shells on this machine, of each dialect that containers have. No root, no container.

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

/// Runs each test with every dialect of `sh`.
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
