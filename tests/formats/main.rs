//! Every format of a report, with hostile text in every field, read by the programs that will read it.

// A test stops at the first error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bundle;
mod fuzzed;
mod hostile;
mod jira;
mod json;
mod junit;
mod junit_cases;
mod markdown;
mod markdown_cases;
mod rendered;

use proptest::prelude::*;

/// Text as a hostile container would choose it.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(hostile::PIECES).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[ -~]{0,20}",
        1 => (prop::sample::select(vec!['`', '|', ' ', '~']), 1..300_usize)
            .prop_map(|(c, count)| c.to_string().repeat(count)),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_format_survives_any_text(texts in prop::collection::vec(text(), 1..40)) {
        let report = hostile::report(&texts);
        markdown::holds(&report);
        jira::holds(&report);
        junit::holds(&report);
        json::holds(&report);
    }
}

#[test]
fn every_format_survives_each_piece_in_every_field() {
    for piece in hostile::PIECES {
        let report = hostile::report(&[(*piece).to_owned()]);
        markdown::holds(&report);
        jira::holds(&report);
        junit::holds(&report);
        json::holds(&report);
    }
}

#[test]
fn every_format_survives_each_seed_of_the_fuzzer() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/render");
    let seeds: Vec<_> = std::fs::read_dir(seeds).unwrap().collect();
    assert!(!seeds.is_empty());
    for seed in seeds {
        let seed = seed.unwrap().path();
        println!("{}", seed.display());
        fuzzed::holds(&std::fs::read(seed).unwrap());
    }
}
