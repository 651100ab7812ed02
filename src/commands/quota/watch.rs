//! `quota --watch`: looks again and again.

use std::io::Write;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::super::{Exit, signals};
use super::{Look, Say, exit};
use crate::assessment::QuotaCheck;
use crate::aws::Session;
use crate::cli::QuotaArgs;
use crate::visible::visible;

/// Looks at this interval until a signal comes, the rounds are over, or nobody reads any more. The last round that came to
/// its end decides the exit code.
pub(super) async fn watch(args: &QuotaArgs, look: Look, interval: Duration) -> anyhow::Result<Exit> {
    let say = Say::of(args);
    let mut signal = pin!(signals::next());
    let mut session = None;
    let mut last = None;
    for number in 1_u32.. {
        let begun = Instant::now();
        let outcome = tokio::select! {
            outcome = round(&look, &mut session) => outcome,
            signal = &mut signal => return Ok(last.unwrap_or(Exit::Stopped(signal))),
        };
        let goes_on = match outcome {
            Ok(check) => {
                last = Some(exit(args, &check));
                say.gaps(&check)?;
                say.check(&check)?
            }
            // What is wrong at the beginning is wrong with the command line or the set-up.
            Err(error) if last.is_none() => return Err(error),
            Err(error) => {
                last = Some(Exit::CouldNotRun);
                complain(&error);
                true
            }
        };
        if !goes_on || args.rounds.is_some_and(|rounds| number >= rounds) {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep_until(begun + interval) => {}
            _ = &mut signal => break,
        }
    }
    Ok(last.unwrap_or(Exit::CouldNotRun))
}

/// One round. The session is kept for the next, unless it may be the reason why something could not be read.
async fn round(look: &Look, kept: &mut Option<Session>) -> anyhow::Result<QuotaCheck> {
    let session = match kept.take() {
        Some(session) => session,
        None => look.open_session().await?,
    };
    let check = look.round(&session).await?;
    if !check.gaps.iter().any(|gap| gap.would_pass()) {
        *kept = Some(session);
    }
    Ok(check)
}

/// A round that could not be made does not end the watch: the next may be.
fn complain(error: &anyhow::Error) {
    for line in format!("kms-audit: {error:#}").lines() {
        // Where stderr is closed, the exit code still speaks.
        let _ = writeln!(std::io::stderr(), "{}", visible(line));
    }
}
