//! What goes wrong on purpose.

use super::Call;
use super::keys::Key;
use super::paging::{PagingFault, follows_empty_page};
use super::pattern::glob_matches;
use super::request::{Answer, Reply, Response};
use super::service::{Refusal, Service};
use schemars::JsonSchema;
use serde::Deserialize;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The ways in which a call can go wrong, as an estate file names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The service refuses: by default, it denies access.
    Error,
    /// A web page where the service's own format belongs.
    Html,
    /// A page that claims to be truncated and says not how to go on.
    MissingMarker,
    /// The same page, with the same marker, for ever.
    EndlessMarker,
    /// Before each page an empty one that claims to be truncated.
    EmptyPageTruncated,
    /// The connection breaks without an answer.
    Reset,
    /// The answer ends in its middle.
    TruncatedBody,
    /// The answer takes its time.
    Delay,
}

/// One declared fault: what it does, and to which calls.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub service: Service,
    pub operation: Option<String>,
    /// A glob for an account's id.
    pub account: Option<String>,
    pub region: Option<String>,
    /// A glob for a key's id, ARN or alias.
    pub key: Option<String>,
    /// A glob for a bucket's name.
    pub bucket: Option<String>,
    pub kind: Kind,
    pub code: Option<String>,
    pub status: Option<u16>,
    pub message: Option<String>,
    pub delay: Duration,
    /// How many calls it strikes; every one when it is absent.
    pub times: Option<u64>,
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
pub(super) struct Faults(Vec<Armed>);

#[derive(Debug)]
struct Armed {
    fault: Fault,
    struck: AtomicU64,
}

/// All that strikes one call.
#[derive(Debug, Default)]
struct Strike<'a> {
    delay: Duration,
    truncate: bool,
    paging: Option<PagingFault>,
    instead: Option<&'a Fault>,
}

impl Faults {
    pub fn new(faults: Vec<Fault>) -> Faults {
        let armed = faults.into_iter().map(|fault| Armed {
            fault,
            struck: AtomicU64::new(0),
        });
        Faults(armed.collect())
    }

    /// The answer to a call, with every fault that matches it.
    pub fn around(
        &self,
        call: &Call<'_>,
        subject: &Subject<'_>,
        answer: impl FnOnce(Option<PagingFault>) -> Result<Response, Refusal>,
    ) -> Reply {
        let strike = self.strike(call, subject);
        let answer = match strike.instead {
            Some(fault) => fault.instead_of_an_answer(call, subject),
            None => {
                let response = answer(strike.paging);
                Answer::Response(response.unwrap_or_else(|refusal| call.refuse(&refusal)))
            }
        };
        let answer = match answer {
            Answer::Response(response) if strike.truncate => Answer::Truncated(response),
            answer => answer,
        };
        Reply {
            delay: strike.delay,
            answer,
        }
    }

    fn strike(&self, call: &Call<'_>, subject: &Subject<'_>) -> Strike<'_> {
        let mut strike = Strike::default();
        for armed in &self.0 {
            let fault = &armed.fault;
            if !fault.matches(call, subject) || !armed.has_strikes_left() {
                continue;
            }
            match fault.kind {
                Kind::Error | Kind::Html | Kind::Reset => {
                    strike.instead = strike.instead.or(Some(fault));
                }
                Kind::MissingMarker => strike.paging = Some(PagingFault::MissingMarker),
                Kind::EndlessMarker => strike.paging = Some(PagingFault::EndlessMarker),
                Kind::EmptyPageTruncated => strike.paging = Some(PagingFault::EmptyPage),
                Kind::TruncatedBody => strike.truncate = true,
                Kind::Delay => strike.delay += fault.delay,
            }
        }
        strike
    }
}

impl Armed {
    /// Counts a strike, if the fault strikes once more.
    fn has_strikes_left(&self) -> bool {
        let Some(times) = self.fault.times else {
            return true;
        };
        let one_more = |struck| (struck < times).then_some(struck + 1);
        self.struck
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .is_ok()
    }
}

impl Fault {
    fn matches(&self, call: &Call<'_>, subject: &Subject<'_>) -> bool {
        let same = |wanted: &Option<String>, actual: &str| wanted.as_ref().is_none_or(|wanted| wanted == actual);
        self.service == call.service
            && same(&self.operation, subject.operation)
            && same(&self.region, call.region)
            && self
                .account
                .as_ref()
                .is_none_or(|glob| glob_matches(glob, &call.identity.account.id))
            && self
                .key
                .as_ref()
                .is_none_or(|glob| subject.key.is_some_and(|key| key.is_called(glob)))
            && self
                .bucket
                .as_ref()
                .is_none_or(|glob| subject.bucket.is_some_and(|name| glob_matches(glob, name)))
            // The page after an empty one is a full one, so that a list has an end.
            && !(self.kind == Kind::EmptyPageTruncated && subject.token.is_some_and(follows_empty_page))
    }

    fn instead_of_an_answer(&self, call: &Call<'_>, subject: &Subject<'_>) -> Answer {
        match self.kind {
            Kind::Reset => Answer::Reset,
            Kind::Html => Answer::Response(Response {
                status: self.status.unwrap_or(200),
                headers: Vec::new(),
                content_type: "text/html",
                body: WEB_PAGE.as_bytes().to_vec(),
            }),
            _ => Answer::Response(call.refuse(&self.refusal(call, subject))),
        }
    }

    fn refusal(&self, call: &Call<'_>, subject: &Subject<'_>) -> Refusal {
        let service = call.service;
        let code = match &self.code {
            Some(code) => Cow::Owned(code.clone()),
            None => Cow::Borrowed(service.denial_code()),
        };
        let message = match &self.message {
            Some(message) => message.clone(),
            None if code == service.denial_code() => denial(call, subject),
            None if code == "ThrottlingException" => "Rate exceeded".to_owned(),
            None => format!("{code} (a fault of the estate)"),
        };
        let status = self.status.unwrap_or_else(|| service.usual_status(&code));
        Refusal::new(code, message).with_status(status)
    }
}

fn denial(call: &Call<'_>, subject: &Subject<'_>) -> String {
    let partition = &call.estate.partition;
    let resource = match (subject.key, subject.bucket) {
        (Some(key), _) => key.arn(),
        (None, Some(bucket)) => format!("arn:{partition}:s3:::{bucket}"),
        (None, None) => "*".to_owned(),
    };
    let caller = &call.identity.arn;
    let action = call.service.action(subject.operation);
    format!(
        "User: {caller} is not authorized to perform: {action} on resource: {resource} because no \
         identity-based policy allows the {action} action"
    )
}

const WEB_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n\
                        <body><h1>It works!</h1></body></html>\n";
