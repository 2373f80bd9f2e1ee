use std::path::Path;

use serde_json::Value;

use super::json_schema;
use crate::runbook::runbooks_in;

fn files(directory: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let paths = runbooks_in(&directory).unwrap().into_iter();
    paths
        .map(|path| (name(&path), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

#[test]
fn every_built_in_runbook_matches() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    for (name, text) in files("runbooks") {
        let runbook: Value = serde_yaml::from_str(&text).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&runbook)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

/// The runbooks that only lxcdiag refuses: the schema does not describe names, expressions, regular expressions, scripts, and
/// values that depend on others.
#[test]
fn what_only_validate_finds_is_known() {
    let validator = jsonschema::validator_for(&json_schema()).unwrap();
    let accepted: Vec<_> = files("tests/bad-runbooks")
        .into_iter()
        .filter(|(_, text)| {
            serde_yaml::from_str::<Value>(text).is_ok_and(|runbook| validator.is_valid(&runbook))
        })
        .map(|(name, _)| name)
        .collect();
    insta::assert_snapshot!(accepted.join("\n"));
}

#[test]
fn keys_have_the_descriptions_of_the_types() {
    let schema = json_schema();
    let check = &schema["definitions"]["Check"]["properties"];
    assert_eq!(
        check["timeout"]["description"],
        "The timeout of the command."
    );
    for (name, check) in check.as_object().unwrap() {
        assert!(check["description"].is_string(), "{name}");
    }
}
