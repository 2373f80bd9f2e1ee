//! The JSON Schema of runbooks, for editors. It is made from the types that runbooks are read into, and from their
//! documentation. It describes a file before parts are included and shared remedies are put in.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::host_probe::HostProbe;
use super::model::Runbook;
use crate::expression::Condition;

/// The schema, in the draft that editors know best: 7.
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Runbook>().to_value();
    tidy(&mut schema);
    add_limits(&mut schema);
    add_parts(&mut schema);
    schema
}

/// What `validate` checks besides the types, as far as it concerns one value.
fn add_limits(schema: &mut Value) {
    for text in [
        "/properties/title",
        "/definitions/Check/properties/title",
        "/definitions/Var/properties/about",
        "/definitions/Hypothesis/properties/title",
        "/definitions/Hypothesis/properties/about",
        "/definitions/RemedySpec/properties/title",
        "/definitions/RemedySpec/properties/only_if",
        "/definitions/RemedySpec/properties/changes",
        "/definitions/EventSpec/properties/what",
        "/definitions/Check/properties/shell",
    ] {
        set(schema, text, "pattern", json!("\\S"));
    }
    let actions = ["run", "shell", "host", "canary", "output_of"];
    let one = actions.map(|key| json!({ "required": [key] }));
    set(schema, "/definitions/Check", "oneOf", json!(one));
    let exits = "/definitions/Check/properties/exits";
    let status = json!({ "type": "integer", "minimum": 0, "maximum": 255 });
    set(schema, exits, "items", status);
    for list in [exits, "/definitions/Check/properties/run"] {
        set(schema, list, "minItems", json!(1));
    }
}

/// Sets a key of the object at a pointer.
fn set(schema: &mut Value, pointer: &str, key: &str, value: Value) {
    if let Some(Value::Object(keys)) = schema.pointer_mut(pointer) {
        keys.insert(key.to_owned(), value);
    }
}

impl JsonSchema for Condition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let condition = generator.subschema_for::<Self>();
        let several = json!({ "type": "array", "items": condition, "minItems": 1 });
        json_schema!({
            "description": "An expression, or several joined by `all`, `any` or `not`",
            "type": ["string", "object"],
            "pattern": "\\S",
            "properties": { "all": several, "any": several, "not": condition },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

impl JsonSchema for HostProbe {
    fn schema_name() -> Cow<'static, str> {
        "HostProbe".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A look at the files of the host",
            "type": ["string", "object"],
            "if": { "type": "string" },
            "then": { "enum": ["container", "node", "tasks", "last_start", "configuration", "backups"] },
            "properties": {
                "tasks": { "description": "Types of tasks", "type": "array", "items": { "type": "string" } },
                "source": { "description": "The path of a file on the host", "type": "string" },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

/// A key without a value is an error, and text may be written as a number or a boolean. Text with a pattern is a name or a
/// condition, and must be text.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Object(keys) => {
            for key in ["default", "format"] {
                // In `properties`, it is the name of one.
                if keys.get(key).is_some_and(|value| !value.is_object()) {
                    keys.remove(key);
                }
            }
            without_null(keys);
            let is_plain = !keys.contains_key("enum") && !keys.contains_key("pattern");
            if keys.get("type") == Some(&json!("string")) && is_plain && !keys.contains_key("const")
            {
                keys.insert("type".to_owned(), json!(["string", "number", "boolean"]));
            }
            keys.values_mut().for_each(tidy);
        }
        _ => {}
    }
}

fn without_null(keys: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = keys.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            keys.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(options)) = keys.get_mut("anyOf") {
        options.retain(|option| option.get("type") != Some(&json!("null")));
        if let [only] = options.as_slice() {
            // In draft 7, a reference hides the keys beside it, such as the description.
            let only = json!([only]);
            keys.remove("anyOf");
            keys.insert("allOf".to_owned(), only);
        }
    }
}

/// The entries that stand for others: `include` in the sections, and `use` in remedies.
fn add_parts(schema: &mut Value) {
    let name = json!({ "type": "string", "description": "A part: built in, or a path with a `/`" });
    let names = json!({
        "description": "Parts whose entries are included",
        "anyOf": [name, { "type": "array", "items": name }],
    });
    let remedy = schema
        .pointer("/definitions/RemedySpec/properties")
        .cloned();
    let Some(Value::Object(sections)) = schema.get_mut("properties") else {
        return;
    };
    for list in ["checks", "hypotheses"] {
        if let Some(items) = sections
            .get_mut(list)
            .and_then(|list| list.get_mut("items"))
        {
            *items = json!({
                "if": { "type": "object", "required": ["include"] },
                "then": { "properties": { "include": name }, "additionalProperties": false },
                "else": items,
            });
        }
    }
    sections.insert(
        "remedies".to_owned(),
        json!({
            "description": "Remedies that several hypotheses share, by name",
            "type": "object",
            "properties": { "include": names },
            "additionalProperties": { "type": "object", "properties": remedy, "additionalProperties": false },
        }),
    );
    if let Some(Value::Object(remedy)) = schema.pointer_mut("/definitions/RemedySpec") {
        let required = remedy.remove("required");
        remedy.insert("if".to_owned(), json!({ "required": ["use"] }));
        remedy.insert("then".to_owned(), json!({}));
        remedy.insert("else".to_owned(), json!({ "required": required }));
    }
    for section in ["/properties/vars", "/properties/let"] {
        set(schema, section, "properties", json!({ "include": names }));
    }
    let name = json!({ "type": "string", "description": "The name of a shared remedy" });
    set(schema, "/definitions/RemedySpec/properties", "use", name);
}

#[cfg(test)]
mod tests;
