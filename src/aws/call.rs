//! One way to make a call: paced, bounded, counted, stoppable.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::error::CallError;
use super::expiry::Expiry;
use super::guard::Ledger;
use super::operations::{Operation, position};
use super::pacing::Pacer;
use super::places::{AnswerSize, Places};
use super::secrets::Secrets;
use super::silence::Silence;

/// The wish to stop: set once, seen by every call that is under way or to come.
#[derive(Clone, Debug, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Asks the scan to end with what it has.
    pub fn request(&self) {
        self.0.cancel();
    }

    /// Whether the scan was asked to end.
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Credentials that run out, and can be had again.
pub(super) trait Renewable: fmt::Debug + Send + Sync {
    /// Whether they last for another call.
    ///
    /// # Errors
    /// When there are none.
    fn lasts(&self) -> Result<bool, CallError>;

    /// Which of them a request takes now, by their number.
    fn serial(&self) -> u64;

    /// Has new ones, unless somebody has had since those with this number. It is a call itself, so calls would be part of
    /// themselves without the box.
    ///
    /// # Errors
    /// When they cannot be had again.
    fn renew(&self, serial: u64) -> BoxFuture<'_, Result<u64, CallError>>;
}

/// Sees to it that they last for another call.
async fn ready(credentials: &dyn Renewable) -> Result<(), CallError> {
    if credentials.lasts()? {
        return Ok(());
    }
    credentials.renew(credentials.serial()).await.map(drop)
}

/// How often a call is made again since the session of its role had expired: once is enough, unless sessions end sooner
/// than calls have their turn.
const MOST_RENEWALS: u32 = 4;

/// Makes the calls of one account in one Region.
#[derive(Clone, Debug)]
pub struct Caller {
    pub(super) pacer: Arc<Pacer>,
    pub(super) silence: Arc<Silence>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) places: Places,
    pub(super) expiry: Arc<Expiry>,
    /// The role whose credentials are used, where they are not the caller's own.
    pub(super) role: Option<Arc<dyn Renewable>>,
    pub(super) stop: Stop,
    pub(super) secrets: Secrets,
}

impl Caller {
    /// Makes one call as soon as its turn has come, unless the credentials have expired. Those of a role are renewed, and
    /// the call is made again if AWS says that they had run out.
    pub(super) async fn call<T, E, F>(
        &self,
        operation: &'static Operation,
        request: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.turns(1.0, AnswerSize::Usual, operation, request).await
    }

    /// Makes one call whose answer may be large, and that takes only this share of what the rate of the operation counts.
    pub(super) async fn call_for_data<T, E, F>(
        &self,
        share: f64,
        operation: &'static Operation,
        request: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.turns(share, AnswerSize::Large, operation, request).await
    }

    async fn turns<T, E, F>(
        &self,
        share: f64,
        size: AnswerSize,
        operation: &'static Operation,
        request: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let answer = self.stop.0.run_until_cancelled(async {
            let (mut session, mut answer) = self.take_turn(share, size, operation, &request).await?;
            for _ in 0..MOST_RENEWALS {
                match (&self.role, &answer) {
                    (Some(role), Err(error)) if error.says_expired() && role.renew(session).await.is_ok() => {
                        (session, answer) = self.take_turn(share, size, operation, &request).await?;
                    }
                    _ => break,
                }
            }
            answer
        });
        let Some(answer) = answer.await else {
            return Err(CallError::interrupted(operation));
        };
        if let Err(error) = &answer {
            tracing::debug!(operation = %error.operation, code = %error.code, "call failed");
        }
        self.expiry.note(&answer);
        answer
    }

    /// Waits for its turn and sends. Says with which session of the role, if it is one.
    async fn take_turn<T, E, F>(
        &self,
        share: f64,
        size: AnswerSize,
        operation: &'static Operation,
        request: impl Fn() -> F,
    ) -> Result<(u64, Result<T, CallError>), CallError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.expiry.check(operation)?;
        if let Some(position) = position(operation.sdk_service, operation.name) {
            let waited = self.pacer.wait(position, share).await;
            self.ledger.note_waited(position, waited);
        }
        if let Some(role) = &self.role {
            // That the role cannot be entered again costs what was to be asked.
            ready(role.as_ref())
                .await
                .map_err(|error| CallError::new(operation, &error.code, error.message))?;
        }
        let made = self.places.make(size, || async {
            self.expiry.check(operation)?;
            self.silence.check(operation)?;
            // While it waited for its place, others may have entered the role again.
            let session = self.role.as_ref().map_or(0, |role| role.serial());
            Ok((session, request().await))
        });
        let (session, answer) = made.await?;
        let answer = answer.map_err(|error| CallError::from_sdk(operation, &error, &self.secrets));
        self.silence.note(operation, &answer);
        Ok((session, answer))
    }
}
