//! The formats of `quota`: each renders the same check.

mod json;
mod prometheus;
mod terminal;

pub use json::{quota_schema, write_quota_json, write_quota_json_line};
pub use prometheus::write_quota_prometheus;
pub use terminal::{quota_gap_lines, render_quota_terminal};
