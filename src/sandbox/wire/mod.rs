//! What goes over the wire: the protocols of the services, and how each of them says no.

pub mod cbor;
pub mod cloudwatch;
pub mod json;
pub mod refusals;
pub mod value;
