//! Checks JSON of lxcdiag against the schemas in `docs/schemas/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

const SCHEMAS: [&str; 10] = [
    include_str!("../../docs/schemas/audit.schema.json"),
    include_str!("../../docs/schemas/doctor.schema.json"),
    include_str!("../../docs/schemas/history.schema.json"),
    include_str!("../../docs/schemas/list.schema.json"),
    include_str!("../../docs/schemas/report.schema.json"),
    include_str!("../../docs/schemas/show.schema.json"),
    include_str!("../../docs/schemas/sweep.schema.json"),
    include_str!("../../docs/schemas/test.schema.json"),
    include_str!("../../docs/schemas/trace.schema.json"),
    include_str!("../../docs/schemas/validate.schema.json"),
];

/// Readers must ignore keys that they do not know. Here an unknown key is an error: the schema lacks it.
fn forbid_unknown_keys(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            keys.values_mut().for_each(forbid_unknown_keys);
            if keys.contains_key("properties") && keys.get("type") == Some(&json!("object")) {
                keys.entry("additionalProperties").or_insert(json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_unknown_keys),
        _ => {}
    }
}

static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let validators = SCHEMAS.iter().map(|text| {
        let mut schema: Value = serde_json::from_str(text).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        let name = schema["properties"]["schema"]["const"].as_str().unwrap();
        let name = name.to_owned();
        forbid_unknown_keys(&mut schema);
        (name, jsonschema::validator_for(&schema).unwrap())
    });
    validators.collect()
});

/// Asserts that each JSON value in the text that names one of the schemas is valid. Returns how many do.
#[track_caller]
pub fn assert_valid(text: &str) -> usize {
    if !text.trim_start().starts_with('{') {
        return 0;
    }
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let mut checked = 0;
    for value in values.map_while(Result::ok) {
        let validator = value["schema"]
            .as_str()
            .and_then(|name| VALIDATORS.get(name));
        if let Some(validator) = validator {
            let errors: Vec<_> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "not as in docs/schemas/: {errors:#?}");
            checked += 1;
        }
    }
    checked
}
