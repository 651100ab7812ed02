//! Saying what was found: into a file, to stdout, or in place on a terminal.

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;
use unicode_width::UnicodeWidthStr;

use super::super::screen::Screen;
use crate::assessment::{QuotaCheck, UsageState};
use crate::cli::{QuotaArgs, QuotaFormat};
use crate::report::{
    Palette, ReportError, fitted, quota_gap_lines, render_quota_terminal, write_quota_json, write_quota_json_line,
    write_quota_prometheus,
};

/// How many gaps are named on a screen that is drawn again and again.
const GAPS_SHOWN: usize = 4;

/// Where to say it, and how.
pub(super) struct Say<'a> {
    format: QuotaFormat,
    file: Option<&'a Path>,
    interval: Option<Duration>,
    in_place: bool,
}

impl<'a> Say<'a> {
    pub(super) fn of(args: &'a QuotaArgs) -> Say<'a> {
        let interval = args.watch.map(|interval| interval.0);
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == OsStr::new("dumb"));
        let on_screen = args.format == QuotaFormat::Table && args.out.is_none() && io::stdout().is_terminal();
        Say {
            format: args.format,
            file: args.out.as_deref(),
            interval,
            in_place: interval.is_some() && on_screen && !is_dumb,
        }
    }

    /// Says on stderr what could not be read. On a screen that is drawn again and again it is a part of that.
    pub(super) fn gaps(&self, check: &QuotaCheck) -> anyhow::Result<()> {
        let lines = quota_gap_lines(check);
        if self.in_place || lines.is_empty() {
            return Ok(());
        }
        super::super::print_aside(&(lines.join("\n") + "\n"))
    }

    /// Says what was found. Whether somebody still reads.
    pub(super) fn check(&self, check: &QuotaCheck) -> anyhow::Result<bool> {
        let text = self.render(check)?;
        match self.file {
            Some(_) => super::super::write::<io::Error>(self.file, |out| out.write_all(&text)).map(|()| true),
            None => self.to_stdout(&text),
        }
    }

    fn to_stdout(&self, text: &[u8]) -> anyhow::Result<bool> {
        let written = if self.in_place {
            let mut out = io::stdout().lock();
            out.write_all(text).and_then(|()| out.flush())
        } else {
            let mut out = anstream::stdout().lock();
            out.write_all(text).and_then(|()| out.flush())
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            written => written.map(|()| true).context("cannot write to stdout"),
        }
    }

    fn render(&self, check: &QuotaCheck) -> Result<Vec<u8>, ReportError> {
        let mut text = Vec::new();
        match (self.format, self.interval) {
            (QuotaFormat::Json, Some(_)) if self.file.is_none() => write_quota_json_line(check, &mut text)?,
            (QuotaFormat::Json, _) => write_quota_json(check, &mut text)?,
            (QuotaFormat::Prometheus, _) => write_quota_prometheus(check, &mut text)?,
            (QuotaFormat::Table, Some(interval)) if self.in_place => {
                text.extend(screen(check, interval)?.into_bytes());
            }
            (QuotaFormat::Table, interval) => {
                let palette = Palette {
                    colours: self.file.is_none(),
                    ..Screen::Stdout.palette()
                };
                let table = render_quota_terminal(check, palette, None).map_err(io::Error::other)?;
                let table = if self.file.is_none() {
                    Screen::Stdout.fit(table)
                } else {
                    table
                };
                text.extend(table.into_bytes());
                if interval.is_some() && self.file.is_none() {
                    text.push(b'\n');
                }
            }
        }
        Ok(text)
    }
}

/// The check as a screen that takes the place of the one before.
fn screen(check: &QuotaCheck, interval: Duration) -> io::Result<String> {
    let palette = Palette {
        colours: AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        ..Screen::Stdout.palette()
    };
    let height = terminal_size::terminal_size_of(io::stdout()).map_or(24, |(_, height)| usize::from(height.0));
    let mut text = frame(check, palette, height, interval)?;
    // The last line is for the cursor.
    let too_many = lines_on_screen(&text, palette).saturating_sub(height.saturating_sub(1));
    if too_many > 0 {
        let quotas = check.rows.iter();
        let shown = quotas.filter(|row| row.row.usage != UsageState::NoDatapoints).count();
        // And one line says that there are more.
        let place = shown.min(height).saturating_sub(too_many + 1);
        text = frame(check, palette, place, interval)?;
    }
    // Line by line over what is there, so that nothing flickers: home, clear to the end of each line and of the screen.
    let over: String = text.lines().map(|line| format!("{line}\u{1b}[K\n")).collect();
    Ok(format!("\u{1b}[H{over}\u{1b}[J"))
}

/// What is on a screen with place for so many quotas.
fn frame(check: &QuotaCheck, palette: Palette, place: usize, interval: Duration) -> io::Result<String> {
    let text = render_quota_terminal(check, palette, Some(place)).map_err(io::Error::other)?;
    let mut text = fitted(&text, palette.width);
    let gaps = quota_gap_lines(check);
    let most = usize::from(palette.width).saturating_sub(1);
    for gap in gaps.iter().take(GAPS_SHOWN) {
        text.extend(gap.chars().take(most));
        text.push('\n');
    }
    if gaps.len() > GAPS_SHOWN {
        text.push_str(&format!(
            "and {} more; --format json has all\n",
            gaps.len() - GAPS_SHOWN
        ));
    }
    text.push_str(&format!("Every {}s. Ctrl-C ends.\n", interval.as_secs()));
    Ok(text)
}

/// How many lines of a screen a text takes, long ones being broken.
fn lines_on_screen(text: &str, palette: Palette) -> usize {
    let width = usize::from(palette.width).max(1);
    let lines = text.lines().map(|line| {
        let plain = anstream::adapter::strip_str(line).to_string();
        plain.width().div_ceil(width).max(1)
    });
    lines.sum()
}
