//! Replays the inputs in `fuzz/seeds`.

use std::path::Path;

use super::*;

type Target = fn(&[u8]);

#[test]
fn every_seed_of_the_fuzzer_holds() {
    let targets: [(&str, Target); 6] = [
        ("file", file),
        ("log", log),
        ("recording", recording),
        ("redact", redaction),
        ("runbook", runbook),
        ("script", script),
    ];
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    for (name, target) in targets {
        let seeds = std::fs::read_dir(seeds.join(name)).unwrap();
        let seeds: Vec<_> = seeds.map(|seed| seed.unwrap().path()).collect();
        assert!(!seeds.is_empty(), "{name}");
        for seed in seeds {
            println!("{}", seed.display());
            target(&std::fs::read(seed).unwrap());
        }
    }
}
