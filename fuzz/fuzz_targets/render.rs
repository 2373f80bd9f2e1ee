#![no_main]

#[path = "../../tests/formats/fuzzed.rs"]
mod fuzzed;
#[path = "../../tests/formats/hostile.rs"]
#[allow(dead_code, reason = "of the tests; the fuzzer finds texts by itself")]
mod hostile;
#[path = "../../tests/formats/jira.rs"]
mod jira;
#[path = "../../tests/formats/json.rs"]
mod json;
#[path = "../../tests/formats/junit.rs"]
mod junit;
#[path = "../../tests/formats/markdown.rs"]
mod markdown;
#[path = "../../tests/formats/rendered.rs"]
mod rendered;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzed::holds(bytes));
