//! A runbook of a colleague: it is read, examined and described, or refused.

#![no_main]

use lxcdiag::runbook::{Source, describe, lint, mermaid, read};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("fuzzed.yaml", bytes) else {
        return;
    };
    if let Ok(runbook) = read(&source) {
        let _ = describe(&runbook);
        let _ = mermaid(&runbook);
        let _ = lint(&source);
    }
});
