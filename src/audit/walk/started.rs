//! Other ways to start and stop a container: the unit of systemd, the API, high availability.

use super::super::event::{EventKind, Word};
use super::simple::Call;
use super::{Context, Shell, Walker};

impl Walker<'_> {
    /// Records that a command which is not pct starts or stops a container.
    pub(super) fn other_start(
        &mut self,
        shell: &Shell,
        name: &str,
        call: &Call,
        context: &Context,
    ) {
        let words: Vec<&str> = call.arguments().iter().map(Word::as_str).collect();
        let kinds = match name {
            "systemctl" => by_unit(&words),
            "pvesh" | "curl" | "wget" => by_api(&words),
            "ha-manager" => words
                .iter()
                .filter_map(|word| word.strip_prefix("ct:"))
                .map(|id| EventKind::Started(id.to_owned()))
                .collect(),
            _ => return,
        };
        for kind in kinds {
            self.emit_until(shell, context, (call.place, call.end), kind);
        }
    }
}

/// `systemctl start pve-container@101`.
fn by_unit(words: &[&str]) -> Vec<EventKind> {
    let verb = words.iter().find(|word| !word.starts_with('-'));
    let units = words.iter().filter_map(|word| {
        let id = word.strip_prefix("pve-container@")?;
        Some(id.strip_suffix(".service").unwrap_or(id).to_owned())
    });
    match verb.copied() {
        Some("start" | "restart" | "reload-or-restart") => units.map(EventKind::Started).collect(),
        Some("enable") if words.contains(&"--now") => units.map(EventKind::Started).collect(),
        Some("stop" | "kill") => units.map(EventKind::Stopped).collect(),
        _ => Vec::new(),
    }
}

/// `pvesh create /nodes/NODE/lxc/101/status/start`, and the same by HTTP.
fn by_api(words: &[&str]) -> Vec<EventKind> {
    let path = words.iter().find_map(|word| word.split_once("/lxc"));
    let Some((_, path)) = path else {
        return Vec::new();
    };
    let mut parts = path.trim_start_matches('/').split('/');
    let id = parts.next().unwrap_or_default().to_owned();
    match (parts.next(), parts.next()) {
        (Some("status"), Some("start" | "resume" | "reboot")) => vec![EventKind::Started(id)],
        (Some("status"), Some("stop" | "shutdown" | "suspend")) => vec![EventKind::Stopped(id)],
        (Some("snapshot"), _) => vec![EventKind::Started(id)],
        (None, _) => {
            // A container is created, and may then be started.
            let values = words.iter().zip(words.iter().skip(1));
            let mut ids = values.filter(|(option, _)| matches!(**option, "--vmid" | "-vmid"));
            let id = ids.next().map(|(_, id)| (*id).to_owned());
            id.map(EventKind::Started).into_iter().collect()
        }
        _ => Vec::new(),
    }
}
