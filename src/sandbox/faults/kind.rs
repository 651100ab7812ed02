//! The kinds of faults, by name.

use schemars::JsonSchema;
use serde::Deserialize;

/// The ways in which a call can go wrong, as an estate file names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::sandbox) enum Kind {
    /// The service refuses: by default, it denies access.
    Error,
    /// A service control policy of the organization denies access.
    DeniedByScp,
    /// The service refuses what exceeds a request rate.
    Throttle,
    /// The service no longer accepts credentials that it has answered a number of times.
    ExpiredCredentials,
    /// The clock of this AWS is wrong, and with it its judgement of signatures.
    ClockSkew,
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
    /// The answer begins, and then nothing more comes.
    Stall,
    /// The answer takes its time.
    Delay,
}

impl Kind {
    /// The name in an estate file.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Error => "error",
            Kind::DeniedByScp => "denied-by-scp",
            Kind::Throttle => "throttle",
            Kind::ExpiredCredentials => "expired-credentials",
            Kind::ClockSkew => "clock-skew",
            Kind::Html => "html",
            Kind::MissingMarker => "missing-marker",
            Kind::EndlessMarker => "endless-marker",
            Kind::EmptyPageTruncated => "empty-page-truncated",
            Kind::Reset => "reset",
            Kind::TruncatedBody => "truncated-body",
            Kind::Stall => "stall",
            Kind::Delay => "delay",
        }
    }
}
