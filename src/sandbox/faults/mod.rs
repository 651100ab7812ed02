//! What goes wrong on purpose.
//!
//! A [`Fault`] says which calls it is about ([`Selector`]), which of those it strikes ([`Frequency`]) and what it does
//! to them ([`Effect`]).

mod chance;
mod clock_skew;
mod denial;
mod effect;
mod frequency;
mod kind;
mod selector;
mod sessions;
mod throttle;

#[cfg(test)]
mod tests;

pub(super) use chance::Chance;
pub(super) use clock_skew::ClockSkew;
pub(super) use effect::{Effect, Words};
pub(super) use frequency::Frequency;
pub(super) use kind::Kind;
pub(super) use selector::Selector;
pub(super) use sessions::Sessions;
pub(super) use throttle::{Throttle, published_rate};

use super::keys::Key;
use super::organization::Organization;
use super::paging::{PagingFault, follows_empty_page};
use super::request::{Answer, Reply, Request, Response};
use super::service::{Refusal, Service};
use super::session::Session;
use super::wire::refusals;
use std::time::Duration;

/// One declared fault.
#[derive(Debug)]
pub(super) struct Fault {
    pub calls: Selector,
    pub frequency: Frequency,
    pub effect: Effect,
}

/// A call, as far as faults look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub service: Service,
    pub region: &'a str,
    pub partition: &'a str,
    /// The account that the credentials belong to.
    pub account: &'a str,
    pub caller_arn: &'a str,
    pub session: Option<&'a Session>,
    pub organization: Option<&'a Organization>,
    pub request: &'a Request<'a>,
    pub request_id: &'a str,
}

impl Asked<'_> {
    fn refuse(&self, refusal: &Refusal) -> Response {
        refusals::response(self.service, refusal, self.request, self.request_id)
    }
}

/// What a call is about.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Subject<'a> {
    pub operation: &'a str,
    pub key: Option<Key<'a>>,
    pub bucket: Option<&'a str>,
    /// The marker or token that a list goes on from.
    pub token: Option<&'a str>,
}

/// The faults of an estate, in the order of the file.
#[derive(Debug)]
pub(super) struct Faults(Vec<Fault>);

/// All that strikes one call.
#[derive(Debug, Default)]
struct Strike {
    delay: Duration,
    /// What comes in the place of an answer.
    instead: Option<Answer>,
    paging: Option<PagingFault>,
    body: Body,
    /// The `Date` header of a clock that is wrong.
    date: Option<String>,
}

/// How much of a response's body comes.
#[derive(Debug, Default)]
enum Body {
    #[default]
    Whole,
    /// Half of it, before the connection breaks.
    Truncated,
    /// Half of it, and then nothing.
    Stalled,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Faults {
        Faults(faults)
    }

    /// The answer to a call, with every fault that strikes it.
    pub fn around(
        &self,
        call: &Asked<'_>,
        subject: &Subject<'_>,
        answer: impl FnOnce(Option<PagingFault>) -> Result<Response, Refusal>,
    ) -> Reply {
        let strike = self.strike(call, subject);
        let answer = strike.instead.unwrap_or_else(|| {
            let response = answer(strike.paging);
            Answer::Response(response.unwrap_or_else(|refusal| call.refuse(&refusal)))
        });
        let answer = match (answer, strike.body) {
            (Answer::Response(mut response), body) => {
                response.headers.extend(strike.date.map(|date| ("date", date)));
                match body {
                    Body::Whole => Answer::Response(response),
                    Body::Truncated => Answer::Truncated(response),
                    Body::Stalled => Answer::Stalled(response),
                }
            }
            (no_response, _) => no_response,
        };
        Reply {
            delay: strike.delay,
            answer,
        }
    }

    fn strike(&self, call: &Asked<'_>, subject: &Subject<'_>) -> Strike {
        let mut strike = Strike::default();
        for fault in &self.0 {
            // Of several faults that replace an answer, the first does, and the others do not count the call.
            let too_late = fault.effect.replaces_every_answer() && strike.instead.is_some();
            if !too_late && fault.is_about(call, subject) && fault.frequency.strikes(call, subject) {
                fault.effect.strike(&mut strike, call, subject);
            }
        }
        strike
    }
}

impl Fault {
    fn is_about(&self, call: &Asked<'_>, subject: &Subject<'_>) -> bool {
        if !self.calls.matches(call, subject) {
            return false;
        }
        match &self.effect {
            Effect::DeniedByScp => denial::scp_applies(call, subject),
            // A service that is named is denied as a whole, as the policy of a VPC endpoint can.
            Effect::Error(words) if self.calls.service.is_none() => {
                !words.denies_access(call.service) || denial::can_be_denied(call.service, subject)
            }
            // The page after an empty one is a full one, so that a list has an end.
            Effect::Paging(PagingFault::EmptyPage) => !subject.token.is_some_and(follows_empty_page),
            _ => true,
        }
    }
}
