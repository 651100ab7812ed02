//! `diff`: what changed between two runs.

use std::io::Write;

use anyhow::Context;

use super::Exit;
use super::screen::Screen;
use crate::cli::{DiffArgs, DiffFormat};
use crate::diff::{DiffHead, Totals, walk};
use crate::report::{Palette, ReportError, render_diff_markdown, render_diff_terminal, write_diff_json};
use crate::runs::{Run, RunError};

pub(super) fn run(args: &DiffArgs) -> anyhow::Result<Exit> {
    let (old, new) = (Run::open(&args.old)?, Run::open(&args.new)?);
    let head = DiffHead::of(&old.head, &new.head);
    let mut totals = None;
    super::write(args.out.as_deref(), |out| -> Result<(), ReportError> {
        totals = Some(write(args, (&old, &new), &head, out)?);
        Ok(())
    })?;
    let totals = totals.context("nothing was compared")?;
    let reached = args
        .fail_on_new
        .is_some_and(|least| totals.summary.findings_not_seen_before(least) > 0);
    Ok(if reached { Exit::Findings } else { Exit::Done })
}

fn write(
    args: &DiffArgs,
    (old, new): (&Run, &Run),
    head: &DiffHead,
    out: &mut dyn Write,
) -> Result<Totals, ReportError> {
    if args.format == DiffFormat::Json {
        return write_diff_json(old, new, head, out);
    }
    let mut totals = Totals::default();
    walk(old, new, |account| -> Result<(), RunError> {
        totals.add(account);
        Ok(())
    })?;
    let text = match args.format {
        DiffFormat::Markdown => render_diff_markdown(head, &totals)?,
        DiffFormat::Text | DiffFormat::Json => {
            let palette = Palette {
                colours: args.out.is_none(),
                ..Screen::Stdout.palette()
            };
            let text = render_diff_terminal(head, &totals, palette).map_err(std::io::Error::other)?;
            if args.out.is_none() {
                Screen::Stdout.fit(text)
            } else {
                text
            }
        }
    };
    out.write_all(text.as_bytes())?;
    Ok(totals)
}
