//! The report as JSON, schema `lxcdiag.audit/1`.

use super::Report;

pub(super) fn render(report: &Report) -> String {
    // Serialization of plain data to a string cannot fail.
    crate::json::pretty(report).unwrap_or_default()
}
