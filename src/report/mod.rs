//! Reports: one file for each format, each rendering the same assessment. A format computes nothing anew.

mod grid;
mod json;
mod markdown;
mod terminal;
mod wording;

pub use grid::Palette;
pub use json::{schema, write_json};
pub use markdown::render_markdown;
pub use terminal::render_terminal;

#[cfg(test)]
mod tests;
