//! The HTTP clients that open connections: with TLS, proxies and the user's own certificate authorities for AWS, with
//! none of them for a server on this machine.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Why the HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum HttpSettingsError {
    /// The file that `AWS_CA_BUNDLE` names could not be used.
    #[error("AWS_CA_BUNDLE names {path}, which cannot be read; correct or unset it")]
    CaBundle {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The certificates could not be used.
    #[error("the TLS certificates cannot be used: {0}. Check the file that AWS_CA_BUNDLE names.")]
    Certificates(String),
}

/// An HTTPS client that honours `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` and `AWS_CA_BUNDLE`. One pool of
/// connections serves all clients that are made with it.
///
/// # Errors
/// When the certificates that `AWS_CA_BUNDLE` names cannot be read.
pub fn http_client() -> Result<SharedHttpClient, HttpSettingsError> {
    let mut trust = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        let pem = std::fs::read(&path).map_err(|source| HttpSettingsError::CaBundle { path, source })?;
        trust = trust.with_pem_certificate(pem);
    }
    pooled_client(trust, ProxyConfig::from_env())
}

/// An HTTP client that takes nothing from the environment: no proxy, and no certificate authority, so that plain HTTP
/// is all it can speak. For a server on this machine.
///
/// # Errors
/// When TLS cannot be set up even without certificates.
pub fn direct_http_client() -> Result<SharedHttpClient, HttpSettingsError> {
    pooled_client(TrustStore::empty(), ProxyConfig::disabled())
}

fn pooled_client(trust: TrustStore, proxy: ProxyConfig) -> Result<SharedHttpClient, HttpSettingsError> {
    let tls = TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| HttpSettingsError::Certificates(error.to_string()))?;
    Ok(SharedHttpClient::new(PooledClient {
        tls,
        proxy,
        connectors: Arc::default(),
    }))
}

type Timeouts = (Option<Duration>, Option<Duration>);

/// Keeps one connector, and with it one pool of connections, for each set of timeouts.
#[derive(Debug, Clone)]
struct PooledClient {
    tls: TlsContext,
    proxy: ProxyConfig,
    connectors: Arc<Mutex<HashMap<Timeouts, SharedHttpConnector>>>,
}

impl PooledClient {
    fn connect(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let mut builder: ConnectorBuilder = Connector::builder()
            .connector_settings(settings.clone())
            .proxy_config(self.proxy.clone());
        builder.set_sleep_impl(components.sleep_impl());
        SharedHttpConnector::new(
            builder
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone())
                .build(),
        )
    }
}

impl HttpClient for PooledClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        self.connectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(timeouts)
            .or_insert_with(|| self.connect(settings, components))
            .clone()
    }
}
