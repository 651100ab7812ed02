//! `trend`: the numbers of many runs over time.

use super::screen::Screen;
use super::{Exit, UsageError};
use crate::cli::{TrendArgs, TrendFormat};
use crate::report::{
    Palette, ReportError, render_trend_chart, render_trend_table, write_trend_csv, write_trend_json,
};
use crate::trend::{Trend, TrendError};

pub(super) fn run(args: &TrendArgs) -> anyhow::Result<Exit> {
    let trend = Trend::read(&args.runs).map_err(|error| match error {
        TrendError::OtherAccounts { .. } => anyhow::Error::new(UsageError(error.to_string())),
        TrendError::Run(error) => anyhow::Error::new(error),
    })?;
    if let Some(file) = &args.chart {
        let svg = render_trend_chart(&trend)?;
        super::write(Some(file), |out| out.write_all(svg.as_bytes()))?;
    }
    super::write(args.out.as_deref(), |out| -> Result<(), ReportError> {
        match args.format {
            TrendFormat::Csv => write_trend_csv(&trend, out)?,
            TrendFormat::Json => write_trend_json(&trend, out)?,
            TrendFormat::Table => {
                let palette = Palette {
                    colours: args.out.is_none(),
                    ..Screen::Stdout.palette()
                };
                let table = render_trend_table(&trend, palette).map_err(std::io::Error::other)?;
                let table = if args.out.is_none() {
                    Screen::Stdout.fit(table)
                } else {
                    table
                };
                out.write_all(table.as_bytes())?;
            }
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}
