//! The numbers as a chart, in SVG.

use jiff::Timestamp;
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::report::ChartError;
use crate::trend::{Trend, TrendRow};
use crate::visible::visible;

const WIDTH: u32 = 1_000;
const HEIGHT_OF_PANEL: u32 = 280;
/// How many Regions have a line of their own.
const MOST_REGIONS: usize = 8;
/// The seconds of a day: the time axis counts days, so that its marks fall on them.
const DAY: f64 = 86_400.0;

type Area<'a, 's> = DrawingArea<SVGBackend<'s>, Shift>;

/// A line of a panel: its name, and a value for each run that has one.
struct Line {
    name: String,
    points: Vec<(f64, f64)>,
}

impl Line {
    fn of(name: &str, trend: &Trend, value: impl Fn(&TrendRow) -> Option<f64>) -> Self {
        let points = trend.runs.iter();
        Line {
            // What XML has no place for is written out; the rest is escaped where it is drawn.
            name: visible(name).into_owned(),
            points: points.filter_map(|run| Some((days(run), value(run)?))).collect(),
        }
    }
}

/// Draws keys, utilization, cost and gaps over time, one above the other.
///
/// # Errors
/// Never in practice: a chart in memory cannot be refused.
pub fn render_trend_chart(trend: &Trend) -> Result<String, ChartError> {
    let panels = panels(trend);
    let mut svg = String::new();
    {
        let height = HEIGHT_OF_PANEL * u32::try_from(panels.len()).unwrap_or(1);
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        area.fill(&WHITE)?;
        for ((title, lines), area) in panels.iter().zip(area.split_evenly((panels.len(), 1))) {
            draw(&area, title, lines, span(trend))?;
        }
        area.present()?;
    }
    Ok(svg)
}

fn panels(trend: &Trend) -> Vec<(String, Vec<Line>)> {
    let mut regions: Vec<_> = trend
        .regions()
        .into_iter()
        .map(|region| {
            Line::of(region.as_str(), trend, |run| {
                let numbers = run.regions.get(region)?;
                numbers.symmetric_utilization.map(|part| part * 100.0)
            })
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let highest = |line: &Line| line.points.iter().map(|(_, part)| *part).fold(0.0, f64::max);
    regions.sort_by(|a, b| highest(b).total_cmp(&highest(a)));
    regions.truncate(MOST_REGIONS);
    let all = Line::of("highest of all pools", trend, |run| {
        run.total.highest_utilization.map(|part| part * 100.0)
    });
    regions.push(all);
    let world = if trend.sandbox.is_some() { " (sandbox)" } else { "" };
    vec![
        (
            format!("Customer managed keys{world}{}", other_accounts(trend)),
            vec![
                Line::of("keys", trend, |run| Some(run.total.keys as f64)),
                Line::of("unjustified", trend, |run| Some(run.total.unjustified as f64)),
            ],
        ),
        ("Peak of the symmetric pool, % of the request quota".to_owned(), regions),
        (
            "Cost of keys a month, at least, USD".to_owned(),
            vec![Line::of("cost", trend, |run| {
                Some(run.total.monthly_cost_usd.dollars())
            })],
        ),
        (
            "Gaps: what could not be read".to_owned(),
            vec![Line::of("gaps", trend, |run| Some(run.total.gaps as f64))],
        ),
    ]
}

/// That not all runs looked at the same accounts, where they did not: a jump is no growth then.
fn other_accounts(trend: &Trend) -> String {
    match trend.runs.iter().filter(|run| run.has_other_accounts()).count() {
        0 => String::new(),
        others => format!(
            "; {others} of {} runs looked at other accounts than the newest",
            trend.runs.len()
        ),
    }
}

/// From the first run to the last.
fn span(trend: &Trend) -> (f64, f64) {
    match (trend.runs.first().map(days), trend.runs.last().map(days)) {
        (Some(first), Some(last)) if first < last => (first, last),
        // A single run gets a day on either side.
        (Some(only), _) => (only - 1.0, only + 1.0),
        _ => (0.0, 1.0),
    }
}

/// When a run was, in days since 1970.
fn days(run: &TrendRow) -> f64 {
    run.as_of.as_second() as f64 / DAY
}

fn draw(area: &Area<'_, '_>, title: &str, lines: &[Line], (first, last): (f64, f64)) -> Result<(), ChartError> {
    let highest = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|(_, value)| *value)
        .fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(70)
        .build_cartesian_2d(first..last, 0.0..(highest * 1.1).max(1.0))?;
    chart
        .configure_mesh()
        .x_labels(8)
        .y_labels(6)
        .x_label_formatter(&|days| day(*days))
        .y_label_formatter(&|value| format!("{value}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (number, line) in lines.iter().enumerate() {
        let colour = Palette99::pick(number).to_rgba();
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 16, y)], style));
        let points = line.points.iter();
        chart.draw_series(points.map(|point| Circle::new(*point, 3, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}

fn day(days: f64) -> String {
    Timestamp::from_second((days * DAY) as i64)
        .map_or_else(|_| String::new(), |at| at.strftime("%Y-%m-%d").to_string())
}
