//! What a fault does to the calls it strikes.

use super::super::paging::PagingFault;
use super::super::request::{Answer, Response};
use super::super::service::{Refusal, Service};
use super::Asked;
use super::{Body, ClockSkew, Sessions, Strike, Subject, Throttle, clock_skew, denial, throttle};
use std::borrow::Cow;
use std::time::Duration;

/// What a fault does.
#[derive(Debug)]
pub(in crate::sandbox) enum Effect {
    /// The service refuses.
    Error(Words),
    /// The service refuses because a service control policy tells it to.
    DeniedByScp,
    /// A web page comes, with this status.
    Html(u16),
    /// The connection breaks.
    Reset,
    /// A list does not go on as it should.
    Paging(PagingFault),
    /// The body ends in its middle.
    TruncatedBody,
    /// The body stops in its middle.
    Stall,
    /// The answer takes so long.
    Delay(Duration),
    /// The service refuses what comes too fast.
    Throttle(Throttle),
    /// The service refuses credentials that were used too often.
    ExpiredCredentials(Sessions),
    /// The service judges signatures by a wrong clock.
    ClockSkew(ClockSkew),
}

/// A refusal as an estate file words it; the service chooses what is left out.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Words {
    pub code: Option<String>,
    pub status: Option<u16>,
    pub message: Option<String>,
}

impl Effect {
    /// Whether no call that it strikes is answered.
    pub(super) fn replaces_every_answer(&self) -> bool {
        match self {
            Effect::Error(_) | Effect::DeniedByScp | Effect::Html(_) | Effect::Reset => true,
            Effect::Throttle(_) | Effect::ExpiredCredentials(_) => true,
            // It tells the time even on the answers that another fault gives.
            Effect::ClockSkew(_) => false,
            Effect::Paging(_) | Effect::TruncatedBody | Effect::Stall | Effect::Delay(_) => false,
        }
    }

    pub(super) fn strike(&self, strike: &mut Strike, call: &Asked<'_>, subject: &Subject<'_>) {
        let refuse = |refusal: &Refusal| Some(Answer::Response(call.refuse(refusal)));
        match self {
            Effect::Error(words) => strike.instead = refuse(&words.refusal(call, subject)),
            Effect::DeniedByScp => {
                let code = call.service.denial_code();
                let refusal = Refusal::new(code, denial::denied_by_scp(call, subject));
                strike.instead = refuse(&refusal.with_status(call.service.usual_status(code)));
            }
            Effect::Html(status) => strike.instead = Some(Answer::Response(web_page(*status))),
            Effect::Reset => strike.instead = Some(Answer::Reset),
            Effect::Paging(fault) => strike.paging = Some(*fault),
            Effect::TruncatedBody => strike.body = Body::Truncated,
            Effect::Stall => strike.body = Body::Stalled,
            Effect::Delay(delay) => strike.delay += *delay,
            Effect::Throttle(buckets) => {
                if buckets.is_exceeded(call, subject) {
                    strike.instead = refuse(&throttle::refusal(call.service));
                }
            }
            Effect::ExpiredCredentials(sessions) => {
                if sessions.is_over(call) {
                    strike.instead = refuse(&call.service.expired_token());
                }
            }
            Effect::ClockSkew(clock) => {
                let now = clock.now();
                strike.date = clock_skew::http_date(now);
                if strike.instead.is_none() {
                    strike.instead = ClockSkew::refusal(call, now).and_then(|refusal| refuse(&refusal));
                }
            }
        }
    }
}

impl Words {
    /// Whether these words deny access.
    pub(super) fn denies_access(&self, service: Service) -> bool {
        self.code.as_ref().is_none_or(|code| code == service.denial_code())
    }

    fn refusal(&self, call: &Asked<'_>, subject: &Subject<'_>) -> Refusal {
        let service = call.service;
        let code = match &self.code {
            Some(code) => Cow::Owned(code.clone()),
            None => Cow::Borrowed(service.denial_code()),
        };
        let throttled = throttle::refusal(service);
        let message = match &self.message {
            Some(message) => message.clone(),
            None if self.denies_access(service) => denial::not_allowed(call, subject),
            None if code == throttled.code => throttled.message,
            None => format!("{code} (a fault of the estate)"),
        };
        let status = self.status.unwrap_or_else(|| service.usual_status(&code));
        Refusal::new(code, message).with_status(status)
    }
}

fn web_page(status: u16) -> Response {
    Response {
        status,
        headers: Vec::new(),
        content_type: "text/html",
        body: WEB_PAGE.as_bytes().to_vec(),
    }
}

const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n\
                        <body><h1>It works!</h1></body></html>\n";
