//! The custom key stores that every Region of a random estate has.

use serde::Serialize;

/// A custom key store: there is one of each kind that works, and one that does not.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Store {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<Proxy>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Proxy {
    connectivity: &'static str,
    uri_endpoint: &'static str,
}

/// The store that a key is in: one that does not work makes it unavailable.
pub(super) fn store_of(origin: &str, state: &str) -> Option<&'static str> {
    match (origin, state) {
        ("AWS_CLOUDHSM", "Unavailable") => Some("hsm-lost"),
        ("AWS_CLOUDHSM", _) => Some("hsm"),
        ("EXTERNAL_KEY_STORE", "Unavailable") => Some("xks-lost"),
        ("EXTERNAL_KEY_STORE", _) => Some("xks"),
        _ => None,
    }
}

pub(super) fn stores() -> [Store; 4] {
    let hsm = Store {
        name: "hsm",
        kind: "AWS_CLOUDHSM",
        state: "CONNECTED",
        proxy: None,
    };
    let proxy = |uri_endpoint| {
        Some(Proxy {
            connectivity: "PUBLIC_ENDPOINT",
            uri_endpoint,
        })
    };
    let xks = Store {
        name: "xks",
        kind: "EXTERNAL_KEY_STORE",
        proxy: proxy("https://xks.example.com"),
        ..hsm
    };
    [
        hsm,
        Store {
            name: "hsm-lost",
            state: "DISCONNECTED",
            ..hsm
        },
        xks,
        Store {
            name: "xks-lost",
            state: "DISCONNECTED",
            proxy: proxy("https://lost.example.com"),
            ..xks
        },
    ]
}
