//! The charts, drawn in SVG, each for a wide and for a narrow page. They say nothing that the page does not have as a
//! table too.
//!
//! Colours stand in the SVG as they are on paper and in the light; report.css has another for each of them in the dark.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::ChartError;
use crate::visible::visible;

pub(super) const INK: RGBColor = RGBColor(0x1F, 0x29, 0x33);
pub(super) const MUTED: RGBColor = RGBColor(0x52, 0x60, 0x6D);
pub(super) const LINES: RGBColor = RGBColor(0xD9, 0xDF, 0xE5);
pub(super) const CALM: RGBColor = RGBColor(0x2F, 0x6F, 0xB7);
pub(super) const GOOD: RGBColor = RGBColor(0x2B, 0x8A, 0x5B);
pub(super) const WARN: RGBColor = RGBColor(0xC7, 0x6A, 0x06);
pub(super) const BAD: RGBColor = RGBColor(0xC0, 0x2B, 0x45);
/// The threshold and the limit where they go across bars of any of these colours.
pub(super) const THRESHOLD: RGBColor = RGBColor(0x3E, 0x4C, 0x59);
pub(super) const LIMIT: RGBColor = RGBColor(0x11, 0x1A, 0x22);
pub(super) const OTHER: RGBColor = RGBColor(0x8A, 0x96, 0xA3);
/// From an idle hour to one beyond the limit; the first is that without a datapoint.
pub(super) const HEAT: [RGBColor; 7] = [
    RGBColor(0xEE, 0xF1, 0xF4),
    RGBColor(0xD8, 0xE8, 0xF7),
    RGBColor(0xA9, 0xCC, 0xED),
    RGBColor(0x66, 0xA3, 0xDA),
    RGBColor(0x2B, 0x6C, 0xB0),
    RGBColor(0xC8, 0x66, 0x07),
    RGBColor(0xB4, 0x23, 0x3D),
];
/// The figures on the paler half of these, and on the others.
pub(super) const ON_PALE: RGBColor = RGBColor(0x10, 0x2A, 0x43);
pub(super) const ON_STRONG: RGBColor = RGBColor(0xFF, 0xFF, 0xFE);

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

type Area<'a, 's> = DrawingArea<SVGBackend<'s>, Shift>;
type Drawn = Result<(), ChartError>;

/// A chart in both widths, as SVG.
#[derive(Debug)]
pub(super) struct Chart {
    pub wide: String,
    pub narrow: String,
}

/// A bar, its name to the left and its figure to the right.
#[derive(Debug)]
pub(super) struct Bar {
    pub name: String,
    pub value: f64,
    pub figure: String,
    pub colour: RGBColor,
}

/// A line that something is held against.
#[derive(Debug)]
pub(super) struct Mark {
    pub at: f64,
    pub name: String,
    pub colour: RGBColor,
}

/// The page that a chart is drawn for.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    Wide,
    Narrow,
}

impl Page {
    fn width(self) -> u32 {
        match self {
            Page::Wide => 960,
            Page::Narrow => 360,
        }
    }
}

/// Bars, one below the other.
pub(super) fn bars(id: &str, bars: &[Bar], marks: &[Mark]) -> Result<Chart, ChartError> {
    let of_page = |page: Page, row: u32| {
        let top = if marks.is_empty() { 6 } else { 26 };
        let height = top + 8 + row * u32::try_from(bars.len()).unwrap_or(1).max(1);
        draw(id, page, height, |area| draw_bars(area, page, top, bars, marks))
    };
    Ok(Chart {
        wide: of_page(Page::Wide, 30)?,
        narrow: of_page(Page::Narrow, 46)?,
    })
}

fn draw_bars(area: &Area<'_, '_>, page: Page, top: u32, bars: &[Bar], marks: &[Mark]) -> Drawn {
    let (left, right) = match page {
        Page::Wide => (250, 120),
        Page::Narrow => (4, 112),
    };
    let values = bars.iter().map(|bar| bar.value).chain(marks.iter().map(|mark| mark.at));
    let highest = values.fold(0.0, f64::max);
    let rows = bars.len() as f64;
    let chart = ChartBuilder::on(area)
        .margin_top(top)
        .margin_bottom(8)
        .margin_left(left)
        .margin_right(right)
        .build_cartesian_2d(0.0..if highest > 0.0 { highest } else { 1.0 }, 0.0..rows.max(1.0))?;
    let at = |x: f64, y: f64| chart.backend_coord(&(x, rows - y));
    let (above, below) = match page {
        Page::Wide => (0.18, 0.82),
        Page::Narrow => (0.46, 0.92),
    };
    for (row, bar) in bars.iter().enumerate() {
        let row = row as f64;
        let (start, end) = (at(0.0, row + above), at(bar.value, row + below));
        // What is there is seen, however little it is.
        let least = if bar.value > 0.0 { start.0 + 2 } else { start.0 };
        area.draw(&Rectangle::new([start, (end.0.max(least), end.1)], bar.colour.filled()))?;
        let middle = (start.1 + end.1) / 2;
        match page {
            Page::Wide => area.draw(&text(&bar.name, (start.0 - 10, middle), 13.0, INK, HPos::Right))?,
            Page::Narrow => area.draw(&text(&bar.name, (start.0, start.1 - 10), 13.0, INK, HPos::Left))?,
        }
        area.draw(&text(
            &bar.figure,
            (end.0.max(least) + 6, middle),
            13.0,
            INK,
            HPos::Left,
        ))?;
    }
    for mark in marks {
        let line = [at(mark.at, 0.0), at(mark.at, rows)];
        area.draw(&PathElement::new(line.to_vec(), mark.colour.stroke_width(2)))?;
        area.draw(&text(
            &mark.name,
            (line[0].0, line[0].1 - 12),
            12.0,
            mark.colour,
            HPos::Center,
        ))?;
    }
    Ok(())
}

/// A day, minute by minute, in requests a second.
pub(super) fn day(id: &str, minutes: &[Option<f64>], marks: &[Mark]) -> Result<Chart, ChartError> {
    let of_page = |page: Page, height| draw(id, page, height, |area| draw_day(area, page, minutes, marks));
    Ok(Chart {
        wide: of_page(Page::Wide, 300)?,
        narrow: of_page(Page::Narrow, 250)?,
    })
}

fn draw_day(area: &Area<'_, '_>, page: Page, minutes: &[Option<f64>], marks: &[Mark]) -> Drawn {
    let values = minutes
        .iter()
        .flatten()
        .copied()
        .chain(marks.iter().map(|mark| mark.at));
    let highest = values.fold(0.0, f64::max) * 1.08;
    let mut chart = ChartBuilder::on(area)
        .margin_top(14)
        .margin_right(24)
        .x_label_area_size(26)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..24.0, 0.0..if highest > 0.0 { highest } else { 1.0 })?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(if page == Page::Wide { 13 } else { 6 })
        .y_labels(6)
        .x_label_formatter(&|hour| format!("{hour:02}:00"))
        .y_label_formatter(&|rate| crate::facts::RequestsPerSecond(*rate).to_string())
        .label_style(style(12.0, MUTED, HPos::Left))
        .axis_style(LINES)
        .bold_line_style(LINES)
        .light_line_style(TRANSPARENT)
        .draw()?;
    let points: Vec<Option<(f64, f64)>> = minutes
        .iter()
        .enumerate()
        .map(|(minute, rate)| Some((minute as f64 / 60.0, (*rate)?)))
        .collect();
    // A minute without a datapoint is a hole and not a zero.
    for stretch in points.split(Option::is_none).filter(|stretch| !stretch.is_empty()) {
        let mut line: Vec<(f64, f64)> = stretch.iter().flatten().copied().collect();
        let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) else {
            continue;
        };
        // The last minute is as long as the others, so that one by itself is seen too.
        let end = last.0 + 1.0 / 60.0;
        line.push((end, last.1));
        let below = [(end, 0.0), (first.0, 0.0)];
        let filled: Vec<(f64, f64)> = line.iter().copied().chain(below).collect();
        chart.draw_series([Polygon::new(filled, CALM.mix(0.35).filled())])?;
        chart.draw_series([PathElement::new(line, CALM.stroke_width(2))])?;
    }
    for mark in marks {
        let line = vec![(0.0, mark.at), (24.0, mark.at)];
        chart.draw_series([PathElement::new(line, mark.colour.stroke_width(2))])?;
        let (x, y) = chart.backend_coord(&(24.0, mark.at));
        area.draw(&text(&mark.name, (x - 4, y - 9), 12.0, mark.colour, HPos::Right))?;
    }
    Ok(())
}

/// A cell of the week: its colour and its figure.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// Its place in [`HEAT`].
    pub step: usize,
    pub figure: String,
}

/// The hours of the week, from Monday 00:00 on.
pub(super) fn week(id: &str, cells: &[Cell]) -> Result<Chart, ChartError> {
    let of_page = |page: Page, height| draw(id, page, height, |area| draw_week(area, page, cells));
    Ok(Chart {
        wide: of_page(Page::Wide, 26 + 7 * 32)?,
        narrow: of_page(Page::Narrow, 26 + 24 * 23)?,
    })
}

fn draw_week(area: &Area<'_, '_>, page: Page, cells: &[Cell]) -> Drawn {
    // Days go down the page where it is wide, and across where it is narrow.
    let (columns, rows) = match page {
        Page::Wide => (24.0, 7.0),
        Page::Narrow => (7.0, 24.0),
    };
    let chart = ChartBuilder::on(area)
        .margin_top(24)
        .margin_left(48)
        .build_cartesian_2d(0.0..columns, 0.0..rows)?;
    let at = |x: f64, y: f64| chart.backend_coord(&(x, rows - y));
    let middle = |column: usize, row: usize| at(column as f64 + 0.5, row as f64 + 0.5);
    for (hour, cell) in cells.iter().enumerate() {
        let (day, hour) = (hour / 24, hour % 24);
        let (column, row) = match page {
            Page::Wide => (hour, day),
            Page::Narrow => (day, hour),
        };
        let (start, end) = (at(column as f64, row as f64), at(column as f64 + 1.0, row as f64 + 1.0));
        let colour = HEAT.get(cell.step).copied().unwrap_or(OTHER);
        area.draw(&Rectangle::new([start, (end.0 - 2, end.1 - 2)], colour.filled()))?;
        if !cell.figure.is_empty() {
            let on = if cell.step < 4 { ON_PALE } else { ON_STRONG };
            area.draw(&text(&cell.figure, middle(column, row), 11.0, on, HPos::Center))?;
        }
    }
    for (number, day) in DAYS.iter().enumerate() {
        match page {
            Page::Wide => area.draw(&text(day, (40, middle(0, number).1), 12.0, MUTED, HPos::Right))?,
            Page::Narrow => area.draw(&text(day, (middle(number, 0).0, 12), 12.0, MUTED, HPos::Center))?,
        }
    }
    for hour in 0..24 {
        let name = format!("{hour:02}");
        match page {
            Page::Wide => area.draw(&text(&name, (middle(hour, 0).0, 12), 12.0, MUTED, HPos::Center))?,
            Page::Narrow => area.draw(&text(&name, (40, middle(0, hour).1), 12.0, MUTED, HPos::Right))?,
        }
    }
    Ok(())
}

fn style(size: f64, colour: RGBColor, side: HPos) -> TextStyle<'static> {
    // The SVG of plotters has fonts smaller by this much than what was asked for.
    let font = ("sans-serif", size * 1.24).into_font().color(&colour);
    font.pos(Pos::new(side, VPos::Center))
}

fn text(words: &str, at: (i32, i32), size: f64, colour: RGBColor, side: HPos) -> Text<'static, (i32, i32), String> {
    // What XML has no place for is written out; the rest is escaped where it is drawn.
    Text::new(visible(words).into_owned(), at, style(size, colour, side))
}

/// Draws a chart whose name and description have the ids `<id>-name` and `<id>-says` in the page.
fn draw(
    id: &str,
    page: Page,
    height: u32,
    draw: impl FnOnce(&Area<'_, '_>) -> Drawn,
) -> Result<String, ChartError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (page.width(), height)).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    let class = match page {
        Page::Wide => "wide",
        Page::Narrow => "narrow",
    };
    let named =
        format!(r#"<svg class="{class}" role="img" aria-labelledby="{id}-name" aria-describedby="{id}-says" "#);
    // What is so by itself need not be said thousands of times.
    let svg = svg.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    Ok(svg
        .replace(" font-family=\"sans-serif\"", "")
        .replacen("<svg ", &named, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSS: &str = include_str!("report.css");

    #[test]
    fn every_colour_of_the_charts_has_another_in_the_dark() {
        let dark = CSS.split("prefers-color-scheme: dark").nth(1).unwrap();
        let all = [
            INK, MUTED, LINES, CALM, GOOD, WARN, BAD, THRESHOLD, LIMIT, OTHER, ON_PALE, ON_STRONG,
        ];
        for RGBColor(r, g, b) in all.into_iter().chain(HEAT) {
            let name = format!("\"#{r:02X}{g:02X}{b:02X}\"");
            assert!(dark.contains(&name), "{name} is not in the dark half of report.css");
        }
    }

    #[test]
    fn names_stay_text_and_a_bar_of_nothing_is_none() {
        let bar = |name: &str, value| Bar {
            name: name.into(),
            value,
            figure: "1".into(),
            colour: CALM,
        };
        let chart = bars("c", &[bar("</svg><script>\u{202e}", 0.0), bar("b", 1.0)], &[]).unwrap();
        assert!(
            chart.wide.contains("&lt;/svg&gt;&lt;script&gt;\\u{202e}"),
            "{}",
            chart.wide
        );
        assert!(!chart.narrow.contains("<script"));
        assert!(chart.wide.contains("width=\"0\""), "{}", chart.wide);
    }

    #[test]
    fn minutes_without_a_datapoint_are_holes() {
        let mut minutes = vec![Some(5.0); 10];
        minutes[4] = None;
        let chart = day("c", &minutes, &[]).unwrap();
        assert_eq!(chart.wide.matches("<polygon").count(), 2);
        assert_eq!(day("c", &[], &[]).unwrap().wide.matches("<polygon").count(), 0);
    }
}
