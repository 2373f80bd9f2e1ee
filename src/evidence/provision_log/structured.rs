//! The time of a log line that is a JSON object, wherever in it the time is.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::stamp::{self, Stamp};

/// The fields with a line's time: of journalctl, logstash, and the loggers of Go, Python and Node.js.
const TIMES: [&str; 8] = [
    "__REALTIME_TIMESTAMP",
    "@timestamp",
    "timestamp",
    "time",
    "ts",
    "date",
    "asctime",
    "@t",
];

/// The stamp of such a line. The whole line remains to be read: the message may precede the time.
pub(super) fn find(line: &str, end: Timestamp, zone: &TimeZone) -> Option<Stamp> {
    let line = line.trim();
    if !line.starts_with('{') {
        return None;
    }
    let fields: Map<String, Value> = serde_json::from_str(line).ok()?;
    let value = TIMES.iter().find_map(|name| fields.get(*name))?;
    let written = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let found = stamp::find(&in_seconds(&written), end, zone)?;
    Some(Stamp { end: 0, ..found })
}

/// A whole number of milliseconds, microseconds or nanoseconds since the epoch, in seconds with a fraction.
fn in_seconds(written: &str) -> String {
    let is_whole = written.bytes().all(|byte| byte.is_ascii_digit());
    match written.split_at_checked(10) {
        Some((seconds, fraction)) if is_whole && matches!(fraction.len(), 3 | 6 | 9) => {
            format!("{seconds}.{fraction}")
        }
        _ => written.to_owned(),
    }
}
