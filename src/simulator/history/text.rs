//! A history as text, to keep one as a test: a line for each event, with its time in seconds.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::History;
use crate::simulator::{Nanos, SECOND};

impl History {
    /// The text of a history.
    pub(in crate::simulator) fn to_text(&self) -> String {
        let mut text = format!("setup {}\n", json(&self.setup));
        for (at, event) in &self.events {
            text.push_str(&format!("{} {}\n", seconds(*at), json(event)));
        }
        text.push_str(&format!("{} lxcdiag\n", seconds(self.run_at)));
        text.push_str(&format!("given {}\n", json(&self.inputs)));
        text
    }

    /// The history of a text. Lines that are empty or begin with `#` are comments.
    ///
    /// # Panics
    /// With the line that is wrong.
    pub(in crate::simulator) fn of_text(text: &str) -> Self {
        let (mut setup, mut inputs, mut run_at) = (None, None, None);
        let mut events = Vec::new();
        let is_comment = |line: &&str| line.is_empty() || line.starts_with('#');
        for line in text.lines().filter(|line| !is_comment(line)) {
            match line.split_once(' ') {
                Some(("setup", rest)) => setup = Some(parsed(rest)),
                Some(("given", rest)) => inputs = Some(parsed(rest)),
                Some((at, "lxcdiag")) => run_at = Some(nanos(at)),
                Some((at, event)) => events.push((nanos(at), parsed(event))),
                None => panic!("not an event: {line}"),
            }
        }
        Self {
            setup: setup.expect("a line `setup`"),
            events,
            run_at: run_at.expect("a line `lxcdiag`"),
            inputs: inputs.expect("a line `given`"),
        }
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data")
}

fn parsed<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn seconds(time: Nanos) -> String {
    format!("{}.{:06}", time / SECOND, time % SECOND / 1_000)
}

fn nanos(seconds: &str) -> Nanos {
    let (whole, micros) = seconds.split_once('.').expect("seconds with decimals");
    let number = |text: &str| text.parse::<Nanos>().expect("a time in seconds");
    number(whole) * SECOND + number(micros) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::generator::generate;

    #[test]
    fn a_history_survives_its_text() {
        for seed in 1..50 {
            let history = generate(seed);
            assert_eq!(History::of_text(&history.to_text()), history);
        }
    }
}
