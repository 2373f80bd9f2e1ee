//! The cases, as text: a line `=== NAME`, keys, the unit file, and further files after lines `--- PATH`.

/// A unit, how it gets into its state, and its cause.
#[derive(Debug, Default)]
pub struct Case {
    pub name: String,
    pub unit: String,
    /// Verdicts with their levels: `program-missing confirmed`.
    pub expected: Vec<String>,
    /// Text in the evidence of the verdict.
    pub says: Option<String>,
    /// The systems to play it on, if not on all of them.
    pub on: Option<String>,
    /// Shell commands: before systemd loads the unit, in place of its start, until it is in its state, and after that.
    pub before: Option<String>,
    pub start: Option<String>,
    pub until: Option<String>,
    pub after: Option<String>,
    files: Vec<(String, String)>,
}

pub fn all() -> Vec<Case> {
    [
        include_str!("steps.txt"),
        include_str!("results.txt"),
        include_str!("program.txt"),
        include_str!("starting.txt"),
        include_str!("others.txt"),
        include_str!("reports.txt"),
        include_str!("settings.txt"),
        include_str!("logs.txt"),
        include_str!("daemons.txt"),
        include_str!("log_files.txt"),
        include_str!("languages.txt"),
        include_str!("servers.txt"),
        include_str!("sandbox.txt"),
        include_str!("names.txt"),
        include_str!("several.txt"),
    ]
    .iter()
    .flat_map(|text| text.split("\n=== ").skip(1))
    .map(parse)
    .collect()
}

fn parse(text: &str) -> Case {
    // Comments at the end are about the next case.
    let mut lines: Vec<_> = text.lines().collect();
    while lines
        .pop_if(|line| line.is_empty() || line.starts_with('#'))
        .is_some()
    {}
    let mut lines = lines.into_iter().peekable();
    let name = lines.next().unwrap().to_owned();
    let mut case = Case {
        unit: format!("{name}.service"),
        name,
        ..Case::default()
    };
    while let Some(line) = lines.next_if(|line| !line.is_empty() && !line.starts_with(['[', '-'])) {
        let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        let value = value.to_owned();
        match key {
            "unit" => case.unit = value,
            "expect" => case.expected = value.split(" | ").map(str::to_owned).collect(),
            "says" => case.says = Some(value),
            "on" => case.on = Some(value),
            "before" => case.before = Some(value),
            "start" => case.start = Some(value),
            "until" => case.until = Some(value),
            "after" => case.after = Some(value),
            _ => panic!("unknown key: {line}"),
        }
    }
    for line in lines {
        if let Some(path) = line.strip_prefix("--- ") {
            case.files.push((path.to_owned(), String::new()));
        } else if line.starts_with('[') && case.files.is_empty() {
            let path = format!("/etc/systemd/system/{}", case.unit);
            case.files.push((path, format!("{line}\n")));
        } else if let Some((_, file)) = case.files.last_mut() {
            file.push_str(line);
            file.push('\n');
        }
    }
    assert!(!case.expected.is_empty(), "{} expects nothing", case.name);
    case
}

impl Case {
    /// The first of the expected verdicts, without its level.
    pub fn verdict(&self) -> &str {
        self.expected[0].split(' ').next().unwrap()
    }

    /// Where to play it.
    pub fn on<'a>(&'a self, suites: &[&'a str]) -> Vec<&'a str> {
        match &self.on {
            Some(on) => on.split(' ').collect(),
            None => suites.to_vec(),
        }
    }

    /// The commands that write its files. Scripts can be executed.
    pub fn files(&self) -> String {
        self.files
            .iter()
            .map(|(path, text)| {
                let mode = if text.starts_with("#!") { "755" } else { "644" };
                format!("install -D -m {mode} /dev/stdin '{path}' <<'END'\n{text}END\n")
            })
            .collect()
    }

    /// The commands, with the unit as `$unit`.
    pub fn in_shell(&self, commands: &str) -> String {
        if commands.is_empty() {
            return String::new();
        }
        format!("unit='{}'\n{commands}\n", self.unit)
    }
}
