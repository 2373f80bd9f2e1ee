//! A provisioning script: it is audited, and patched.

#![no_main]

use lxcdiag::audit::{Source, audit};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let source = Source {
        path: "provision.sh".to_owned(),
        text: text.to_owned(),
    };
    let _ = audit(&[source], &|_, _| None);
});
