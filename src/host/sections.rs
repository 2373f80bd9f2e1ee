//! The configuration files of the cluster that consist of sections, such as `storage.cfg` and `jobs.cfg`. Pure.

/// A section: `TYPE: ID`, followed by indented lines with a setting each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) kind: String,
    pub(super) id: String,
    settings: Vec<(String, String)>,
}

impl Section {
    /// The value of a setting. If it is set more than once, the last one counts.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        let own = self.settings.iter().rev().find(|(name, _)| name == key);
        own.map(|(_, value)| value.as_str())
    }
}

/// Parses the sections of a file. Comments and other lines are skipped.
pub(super) fn parse_sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        if line.starts_with([' ', '\t']) {
            let (key, value) = line
                .trim()
                .split_once([' ', '\t'])
                .unwrap_or((line.trim(), ""));
            if let Some(section) = sections.last_mut().filter(|_| !key.is_empty()) {
                section
                    .settings
                    .push((key.to_owned(), value.trim().to_owned()));
            }
        } else if let Some((kind, id)) = line.split_once(':') {
            sections.push(Section {
                kind: kind.trim().to_owned(),
                id: id.trim().to_owned(),
                settings: Vec::new(),
            });
        }
    }
    sections
}
