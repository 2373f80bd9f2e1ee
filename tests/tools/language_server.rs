//! The schema of runbooks in an editor: yaml-language-server flags the lines that `lxcdiag validate` flags, as far as a schema
//! can.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::lxcdiag;

const MODELINE: &str = "# yaml-language-server: $schema=runbook.schema.json\n";

/// Runbooks in which the language server flags other lines than `validate`. The schema does not describe
/// their mistakes: see "Editors" in docs/runbook-tools.md. Those that end in `+` have lines of their own: a YAML parser that goes on after an error, an
/// anchor that is not used, or a check that is flagged as a whole.
const DIFFERENT: &[&str] = &[
    "affected_without_limit",
    "asserts_nothing",
    "at_best",
    "canary",
    "colon_in_text+",
    "comma_in_braces",
    "command_line_as_program",
    "control_character",
    "defaults",
    "durations",
    "empty_commands",
    "empty_texts",
    "event_without_time",
    "explains+",
    "expressions",
    "fact_hides_a_var",
    "facts",
    "facts_of_a_broken_pattern",
    "field_without_key",
    "for_each_over_one_value",
    "from_node",
    "host_probe_as_command",
    "host_probe_without_output",
    "incomparable",
    "indentation+",
    "key_is_a_number",
    "lists_compared",
    "merge_key",
    "names",
    "names_taken_twice",
    "needs",
    "needs_in_a_cycle",
    "no_space_after_colon+",
    "not_in_needs",
    "now_without_history",
    "other_languages",
    "output_of",
    "quotes_not_closed+",
    "redact",
    "remedies",
    "shared_remedies",
    "shared_remedy_commands",
    "shared_remedy_without_section",
    "shell_without_quote",
    "tasks_of_no_type",
    "text_after_the_end+",
    "text_as_condition",
    "two_actions+",
    "two_documents",
    "undeclared_changes",
    "undefined_names",
];

/// A language server over its standard input and output.
struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Server {
    fn start(directory: &Path) -> Self {
        let mut process = Command::new("yaml-language-server")
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("yaml-language-server: {error}; see the top of tests/tools.rs")
            });
        let (input, output) = (
            process.stdin.take().unwrap(),
            process.stdout.take().unwrap(),
        );
        let mut server = Self {
            process,
            input,
            output: BufReader::new(output),
        };
        let root = format!("file://{}", directory.display());
        server.send(&json!({ "id": 1, "method": "initialize", "params": { "processId": null, "rootUri": root, "capabilities": {} } }));
        while server.receive()["id"] != 1 {}
        server.send(&json!({ "method": "initialized", "params": {} }));
        let settings = json!({ "yaml": { "validate": true, "schemaStore": { "enable": false } } });
        server.send(&json!({ "method": "workspace/didChangeConfiguration", "params": { "settings": settings } }));
        server
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "the server ended"
            );
            match line.trim().split_once(": ") {
                Some(("Content-Length", number)) => length = number.parse().unwrap(),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// The lines of a document that are flagged, without the modeline.
    fn flagged(&mut self, uri: &str, text: &str) -> Vec<u64> {
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.send(
            &json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }),
        );
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
            {
                let found = message["params"]["diagnostics"].as_array().unwrap();
                // Counted from 0 with the modeline, so from 1 without it.
                return found
                    .iter()
                    .map(|it| it["range"]["start"]["line"].as_u64().unwrap())
                    .collect();
            }
            if message["id"].is_number() && message["method"].is_string() {
                self.send(&json!({ "id": message["id"], "result": null }));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The YAML files of a directory, with their names.
fn runbooks(directory: &str) -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let paths = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut files: Vec<_> = files
        .map(|path| (name(&path), std::fs::read_to_string(&path).unwrap()))
        .collect();
    files.sort();
    files
}

/// The lines that `validate` flags: each file of tests/bad-runbooks has its messages.
fn expected(text: &str) -> Vec<u64> {
    let messages = text.lines().filter_map(|line| line.strip_prefix("#= "));
    let positions = messages.filter(|message| !message.starts_with("hint: "));
    positions
        .filter_map(|message| message.split(':').nth(1)?.parse().ok())
        .collect()
}

#[test]
fn an_editor_flags_what_validate_flags_as_far_as_a_schema_can() {
    let directory = tempfile::tempdir().unwrap();
    let schema = lxcdiag(directory.path(), &["schema", "runbook"]);
    std::fs::write(directory.path().join("runbook.schema.json"), schema).unwrap();
    let mut server = Server::start(directory.path());
    let mut flagged = |name: &str, text: &str| {
        let uri = format!("file://{}/{name}.yaml", directory.path().display());
        server.flagged(&uri, &format!("{MODELINE}{text}"))
    };
    let mut wrong = Vec::new();
    for (name, text) in runbooks("runbooks") {
        let lines = flagged(&name, &text);
        if !lines.is_empty() {
            wrong.push(format!("{name} is valid, and has {lines:?}"));
        }
    }
    let mut different = Vec::new();
    let bad = runbooks("tests/bad-runbooks");
    for (name, text) in &bad {
        let (lines, expected) = (flagged(name, text), expected(text));
        let own = lines.iter().any(|line| !expected.contains(line));
        let missed = expected.iter().any(|line| !lines.contains(line));
        match (own, missed) {
            (true, _) => different.push(format!("{name}+")),
            (false, true) => different.push(name.clone()),
            (false, false) => {}
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(different, DIFFERENT);
    assert!(different.len() < bad.len() * 2 / 3, "of {}", bad.len());
}
