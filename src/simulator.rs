//! Plays random histories of a provisioning in a small model of a container, its systemd and its host.
//!
//! ```text
//! seed → History → World → (execute over its backend) → Recording → Diagnosis
//!                  World → Truth                        compared with
//! ```
//!
//! The model is written from measurements of real systems, not from the judge: the two must not share
//! mistakes. What lxcdiag confirms must be true, and what it rules out must be false, in every history.
//!
//! | file | holds |
//! | --- | --- |
//! | `files`, `unit_text` | inodes with their stamps, links and mounts; texts of unit files, and how systemd reads them |
//! | `world` | the container, its systemd and journal, the host's tasks, the clock |
//! | `event` | what may happen, and how it unfolds |
//! | `history` | events in their order, when lxcdiag runs, and what the user hands in |
//! | `generator` | random histories; its tables of weights are fixed |
//! | `answers`, `backend` | what each check prints |
//! | `truth` | which hypotheses are true |
//! | `property`, `shrink`, `regressions`, `exhaustive` | the tests |
//! | `broken` | what notices a wrong condition of the runbook |
//! | `recorded` | the model compared with recordings of real containers |
//! | `reality` | the model compared with histories that are played in real containers |
//!
//! Outside the model: drop-ins, instances of templates, other directories than /etc/systemd/system as the one
//! pushed to, and whatever leaves no trace (`History::is_possible`).

mod answers;
mod backend;
mod broken;
mod event;
mod exhaustive;
mod files;
mod generator;
mod history;
mod property;
mod random;
mod reality;
mod recorded;
mod regressions;
mod shrink;
mod truth;
mod unit_text;
mod world;

/// Nanoseconds.
type Nanos = i64;

const MILLI: Nanos = 1_000_000;
const SECOND: Nanos = crate::evidence::time::SECOND;
/// What the clock shows at the beginning of a history: 2026-11-23T02:13:20Z.
const EPOCH: Nanos = 1_795_400_000 * SECOND;
/// How long the host was up then.
const HOST_UPTIME: Nanos = 5_000 * SECOND;
/// The container.
const CT: u32 = 958;
/// The unit that is provisioned.
const UNIT: &str = "embedding_server.service";
/// Its name with a letter missing.
const MISTYPED: &str = "embeding_server.service";
/// The longest gap that is a race.
const WINDOW: Nanos = 60 * SECOND;
/// The owner of a file whose owner is not mapped into the container.
const NOBODY: u32 = 65_534;
