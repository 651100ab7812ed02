//! Usage over time, as an estate file draws it.

use super::file::{At, BusinessHoursFile, CurveFile, UsageFile};
use super::{Problem, Usage};
use crate::sandbox::catalogue::by_resource;
use crate::sandbox::curve::{Batch, BusinessHours, Curve, minute_of};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashSet;

/// What the sections `[[region.usage]]` say.
pub(super) fn usage(files: &[UsageFile]) -> Result<Vec<Usage>, Problem> {
    let mut seen = HashSet::new();
    let mut usage = Vec::with_capacity(files.len());
    for file in files {
        let resource = &file.resource;
        let metric = by_resource(resource).filter(|metric| metric.is_rate);
        let metric = metric.ok_or_else(|| {
            let what = format!(
                "no request quota of KMS has the usage resource `{}`; use one such as \
                 `CryptographicOperationsSymmetric` or `DescribeKey`",
                **resource
            );
            Problem::new(resource.span(), what)
        })?;
        if !seen.insert(resource.as_str()) {
            let what = format!(
                "the usage of `{}` is there twice; put all of it into one section",
                **resource
            );
            return Err(Problem::new(resource.span(), what));
        }
        usage.push(Usage {
            metric,
            curve: curve(&file.curve())?,
        });
    }
    Ok(usage)
}

pub(super) fn curve(file: &CurveFile) -> Result<Curve, Problem> {
    let batches = file.batch.iter().map(|batch| {
        Ok(Batch {
            minutes: minutes(batch.start.0, batch.minutes),
            rps: rate(batch.rps, batch.span())?,
        })
    });
    Ok(Curve {
        constant_rps: match &file.constant {
            None => 0.0,
            Some(constant) => rate(*constant.rps, constant.rps.span())?,
        },
        business_hours: file.business_hours.as_ref().map(business_hours).transpose()?,
        batches: batches.collect::<Result<_, _>>()?,
        gaps: file.gaps.iter().map(|gap| minutes(gap.start.0, gap.minutes)).collect(),
    })
}

fn rate(rps: f64, at: std::ops::Range<usize>) -> Result<f64, Problem> {
    if rps.is_finite() && rps >= 0.0 {
        return Ok(rps);
    }
    Err(Problem::new(at, "a rate is 0 or more requests a second"))
}

fn minutes(start: Timestamp, length: u32) -> std::ops::Range<i64> {
    let first = minute_of(start);
    first..first + i64::from(length)
}

fn business_hours(file: &At<BusinessHoursFile>) -> Result<BusinessHours, Problem> {
    let hours: &BusinessHoursFile = file;
    if !(0..=24).contains(&hours.from) || !(0..=24).contains(&hours.to) || hours.from >= hours.to {
        return Err(Problem::new(
            file.span(),
            "business hours go from one hour of the day to a later one: from = 9, to = 18",
        ));
    }
    let time_zone = match (&hours.utc_offset, &hours.time_zone) {
        (None, None) => TimeZone::UTC,
        (Some(offset), None) => fixed_offset(offset)?,
        (None, Some(name)) => TimeZone::get(name).map_err(|error| {
            let what = format!("{error}; if this machine has no time zone data, use utc_offset");
            Problem::new(name.span(), what)
        })?,
        (Some(offset), Some(_)) => {
            return Err(Problem::new(offset.span(), "use either utc_offset or time_zone"));
        }
    };
    Ok(BusinessHours {
        requests_per_month: hours.requests_per_month,
        from: hours.from,
        to: hours.to,
        time_zone,
        weekends: hours.weekends,
    })
}

fn fixed_offset(text: &At<String>) -> Result<TimeZone, Problem> {
    // An offset is what stands behind the time of any instant.
    let instant = format!("2026-01-01T00:00:00{}[{0}]", **text);
    let zoned: Result<jiff::Zoned, _> = instant.parse();
    zoned
        .map(|zoned| zoned.time_zone().clone())
        .map_err(|_| Problem::new(text.span(), "an offset is written like \"+02:00\""))
}
