//! The faults of an estate.

mod place;
mod resources;
mod settings;
#[cfg(test)]
mod tests;

use super::file::{At, FaultFile};
use super::{AccountSet, Organization, Problem, one_of};
use crate::sandbox::faults::{
    Chance, ClockSkew, Effect, Fault, Frequency, Kind, Selector, Sessions, Throttle, Words, published_rate,
};
use crate::sandbox::paging::PagingFault;
use crate::sandbox::pattern::glob_matches;
use crate::sandbox::service::Service;
use std::num::NonZeroU32;
use std::time::Duration;

/// What faults are to strike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    pub accounts: &'a [AccountSet],
    pub organization: Option<&'a Organization>,
    pub partition: &'a str,
}

impl Scene<'_> {
    fn ids(&self) -> impl Iterator<Item = String> {
        self.accounts
            .iter()
            .flat_map(|set| set.accounts().map(|account| account.id))
    }

    /// Whether a fault strikes calls with the credentials of an account.
    fn strikes(&self, file: &FaultFile, id: &str) -> bool {
        let manages = |organization: &Organization| organization.management_account == id;
        let is_exempt = *file.kind == Kind::DeniedByScp && self.organization.is_some_and(manages);
        !is_exempt && file.account.as_ref().is_none_or(|glob| glob_matches(glob, id))
    }
}

pub(super) fn fault(file: &FaultFile, scene: &Scene<'_>) -> Result<Fault, Problem> {
    settings::check(file)?;
    place::check(file, scene)?;
    let text = |text: &Option<At<String>>| text.as_ref().map(|text| text.to_string());
    Ok(Fault {
        calls: Selector {
            service: file.service,
            operation: text(&file.operation),
            account: text(&file.account),
            region: text(&file.region),
            key: text(&file.key),
            bucket: text(&file.bucket),
        },
        frequency: frequency(file)?,
        effect: effect(file)?,
    })
}

fn frequency(file: &FaultFile) -> Result<Frequency, Problem> {
    if let Some(rate) = &file.rate {
        if !(**rate > 0.0 && **rate < 1.0) {
            return Err(Problem::new(
                rate.span(),
                "a rate is above 0 and below 1, such as 0.05; a fault without one strikes every call",
            ));
        }
        let seed = file.seed.as_ref().map_or(0, |seed| **seed);
        return Ok(Frequency::by_chance(Chance::new(**rate, seed)));
    }
    let times = file.times.as_ref().map(|times| **times);
    if let Some(times) = file.times.as_ref().filter(|times| ***times == 0) {
        return Err(Problem::new(
            times.span(),
            "a fault that strikes 0 times is none; remove it",
        ));
    }
    // Sessions are counted one by one.
    let after = file.after.as_ref().filter(|_| *file.kind != Kind::ExpiredCredentials);
    Ok(Frequency::counted(after.map_or(0, |after| **after), times))
}

fn effect(file: &FaultFile) -> Result<Effect, Problem> {
    let status = status(file)?;
    let text = |text: &Option<At<String>>| text.as_ref().map(|text| text.to_string());
    Ok(match *file.kind {
        Kind::Error => Effect::Error(Words {
            code: text(&file.code),
            status,
            message: text(&file.message),
        }),
        Kind::DeniedByScp => Effect::DeniedByScp,
        Kind::Throttle => Effect::Throttle(throttle(file)?),
        Kind::ExpiredCredentials => {
            let after = file.after.as_ref().map_or(0, |after| **after);
            Effect::ExpiredCredentials(Sessions::expiring_after(after))
        }
        Kind::ClockSkew => Effect::ClockSkew(clock_skew(file)?),
        Kind::Html => Effect::Html(status.unwrap_or(200)),
        Kind::MissingMarker => Effect::Paging(PagingFault::MissingMarker),
        Kind::EndlessMarker => Effect::Paging(PagingFault::EndlessMarker),
        Kind::EmptyPageTruncated => Effect::Paging(PagingFault::EmptyPage),
        Kind::Reset => Effect::Reset,
        Kind::TruncatedBody => Effect::TruncatedBody,
        Kind::Stall => Effect::Stall,
        Kind::Delay => Effect::Delay(delay(file)?),
    })
}

fn status(file: &FaultFile) -> Result<Option<u16>, Problem> {
    match &file.status {
        Some(status) if !(200..600).contains(&**status) => {
            Err(Problem::new(status.span(), "a status is a number from 200 to 599"))
        }
        status => Ok(status.as_ref().map(|status| **status)),
    }
}

fn delay(file: &FaultFile) -> Result<Duration, Problem> {
    let what = "a delay needs its length: add ms = 500, in milliseconds";
    let ms = file.ms.as_ref().ok_or_else(|| Problem::new(file.kind.span(), what))?;
    Ok(Duration::from_millis(**ms))
}

fn clock_skew(file: &FaultFile) -> Result<ClockSkew, Problem> {
    /// Ten years.
    const MOST: i64 = 315_360_000;
    let what = "a clock skew needs its size: add seconds = 3600 for a clock that is an hour ahead, -3600 for one that \
                is behind";
    let seconds = file.seconds.as_ref();
    let seconds = seconds.ok_or_else(|| Problem::new(file.kind.span(), what))?;
    if **seconds == 0 || !(-MOST..=MOST).contains(&**seconds) {
        return Err(Problem::new(
            seconds.span(),
            format!("a clock is 1 to {MOST} seconds ahead, or as many behind with a minus"),
        ));
    }
    Ok(ClockSkew::of_seconds(**seconds))
}

fn throttle(file: &FaultFile) -> Result<Throttle, Problem> {
    /// Once in about a quarter of an hour.
    const LEAST: f64 = 0.001;
    const MOST: f64 = 1_000_000.0;
    let burst = match &file.burst {
        None => None,
        Some(burst) => Some(NonZeroU32::new(**burst).ok_or_else(|| {
            let what = "a burst is at least 1; to refuse every request, use kind = \"error\"";
            Problem::new(burst.span(), what)
        })?),
    };
    if let Some(rps) = file.rps.as_ref().filter(|rps| !(LEAST..=MOST).contains(&***rps)) {
        return Err(Problem::new(
            rps.span(),
            format!("rps is a number of requests a second from {LEAST} to {MOST}"),
        ));
    }
    if file.rps.is_none()
        && let Some(service) = file.service
    {
        check_published(file, service)?;
    }
    Ok(Throttle::new(file.rps.as_ref().map(|rps| **rps), burst))
}

/// A throttle without a rate needs an operation that has a published one.
fn check_published(file: &FaultFile, service: Service) -> Result<(), Problem> {
    let name = service.action_prefix();
    let with_quota = service
        .operations()
        .iter()
        .copied()
        .filter(|operation| published_rate(service, operation).is_some());
    let with_quota: Vec<&str> = with_quota.collect();
    let (at, what) = match &file.operation {
        Some(operation) if !with_quota.contains(&operation.as_str()) => (
            operation.span(),
            format!(
                "AWS publishes no request quota for {name}:{}; add rps = 100",
                **operation
            ),
        ),
        None if with_quota.is_empty() => (
            file.kind.span(),
            format!("AWS publishes no request quota for what {name} answers here; add rps = 100"),
        ),
        _ => return Ok(()),
    };
    Err(Problem::new(at, what))
}
