//! An AWS in this process: it answers the SDK's HTTP requests from an estate file.
//!
//! A scan of it is a whole scan, serialization, signing, retries and paging included, without
//! credentials or a network. The room ([`room::Room::answer`]) knows nothing of the door a request came
//! through; [`Sandbox::http_client`] is the door for the SDK.
//!
//! Requests are trusted: signatures are not checked. What decides is the credential scope, which
//! says for which Region and service a request was signed.

mod account;
mod call;
mod catalogue;
mod cloudtrail;
mod cloudwatch;
mod config;
mod connector;
mod curve;
mod description;
mod estate;
mod faults;
mod identity;
mod keys;
mod kms;
mod logs;
mod metrics;
mod organization;
mod organizations;
mod paging;
mod pattern;
mod request;
mod room;
mod s3;
mod scale;
mod serve;
mod served;
mod service;
mod service_quotas;
mod session;
mod sts;
mod tagging;
mod wire;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod testing;

pub use description::Description;
pub use estate::{EstateError, estate_schema};
pub use room::Sandbox;
pub use scale::{Scale, ScaleError};
pub use serve::Server;
pub use served::{Served, ServedError};
