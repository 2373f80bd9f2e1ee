//! Traces a provisioning command: a directory at the front of its `PATH` has `pct` and `lxc-attach`, which are lxcdiag
//! itself. Each records its call and runs the real program.
//!
//! ```text
//! lxcdiag trace ─ tracer ─→ command ─→ shim (pct) ─→ the real pct
//!                   └─────── Directory ───┘
//! ```
//!
//! Unlike the programs that lxcdiag starts for itself, the traced command and the real programs inherit the
//! environment, the terminal and the file descriptors of their callers. lxcdiag's own descriptors are close-on-exec.

mod arguments;
mod child;
mod comparison;
mod directory;
mod keeper;
mod relay;
mod shim;
mod source;
mod timeline;
mod tracer;

pub use child::exit_like;
pub use comparison::comparison;
pub use shim::Shim;
pub use timeline::timeline;
pub use tracer::{TraceError, Tracer};
