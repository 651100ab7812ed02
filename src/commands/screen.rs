//! How wide the terminal is, and what that means for a text.

use std::io::{IsTerminal, stderr, stdout};

use terminal_size::{Height, Width, terminal_size_of};

use crate::report::{Palette, fitted};

/// What a file or a pipe is taken for: nothing is to be broken there.
const NO_TERMINAL: u16 = 160;
/// What a terminal has that does not say.
const USUAL: u16 = 80;

/// Where a text goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Screen {
    /// To stdout.
    Stdout,
    /// To stderr.
    Stderr,
}

impl Screen {
    /// How it looks there.
    pub(super) fn palette(self) -> Palette {
        Palette {
            width: self.columns().unwrap_or(NO_TERMINAL),
            colours: true,
        }
    }

    /// The text as there is place for it.
    pub(super) fn fit(self, text: String) -> String {
        match self.columns() {
            Some(width) => fitted(&text, width),
            None => text,
        }
    }

    fn columns(self) -> Option<u16> {
        let (is_terminal, size) = match self {
            Screen::Stdout => (stdout().is_terminal(), terminal_size_of(stdout())),
            Screen::Stderr => (stderr().is_terminal(), terminal_size_of(stderr())),
        };
        columns(std::env::var("COLUMNS").ok().as_deref(), is_terminal, size)
    }
}

/// What the user says, else what the terminal says, else what is usual for one; a file or a pipe has no width.
fn columns(said: Option<&str>, is_terminal: bool, size: Option<(Width, Height)>) -> Option<u16> {
    let said = said.and_then(|said| said.parse().ok()).filter(|columns| *columns > 0);
    let own = size.map(|(width, _)| width.0);
    said.or(own).or(is_terminal.then_some(USUAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_says_goes_before_what_the_terminal_says_and_a_pipe_has_no_width() {
        let size = Some((Width(120), Height(40)));
        assert_eq!(columns(Some("100"), true, size), Some(100));
        assert_eq!(columns(Some("100"), false, None), Some(100));
        for nothing in [None, Some(""), Some("0"), Some("wide")] {
            assert_eq!(columns(nothing, true, size), Some(120));
            assert_eq!(columns(nothing, true, None), Some(80));
            assert_eq!(columns(nothing, false, None), None);
        }
    }
}
