//! `quota`: holds the request quotas against a threshold, and looks at nothing else.

mod look;
mod pools;
mod say;
mod watch;

use super::signals::Signal;
use super::{Exit, StoppedEarly, UsageError};
use crate::assessment::{QuotaCheck, QuotaVerdict};
use crate::cli::{QuotaArgs, QuotaFormat};

use look::Look;
use say::Say;

pub(super) fn run(args: &QuotaArgs) -> anyhow::Result<Exit> {
    super::log::start(args.ask.log);
    if args.watch.is_some() && args.format == QuotaFormat::Prometheus && args.out.is_none() {
        let what = "rounds one after the other are no valid metrics: with --watch, --format prometheus needs --out";
        return Err(UsageError(what.to_owned()).into());
    }
    let runtime = super::runtime()?;
    let outcome = runtime.block_on(async {
        let look = Look::new(args).await?;
        match args.watch {
            Some(interval) => watch::watch(args, look, interval.0).await,
            None => once(args, look).await,
        }
    });
    runtime.shutdown_background();
    outcome
}

async fn once(args: &QuotaArgs, look: Look) -> anyhow::Result<Exit> {
    let signal = Signal::listen(look.stop());
    let or_stopped = |error: anyhow::Error| signal.heard().map_or(error, |signal| StoppedEarly(signal).into());
    let session = look.open_session().await.map_err(or_stopped)?;
    let check = look.round(&session).await.map_err(or_stopped)?;
    let say = Say::of(args);
    say.gaps(&check)?;
    say.check(&check)?;
    Ok(match signal.heard().filter(|_| check.overview.scan.interrupted) {
        Some(signal) => Exit::Stopped(signal),
        None => exit(args, &check),
    })
}

/// What a check means for the exit code.
fn exit(args: &QuotaArgs, check: &QuotaCheck) -> Exit {
    if check.count(QuotaVerdict::Reached) > 0 {
        Exit::Findings
    } else if args.fail_on_gaps && !check.overview.coverage.complete {
        Exit::Gaps
    } else {
        Exit::Done
    }
}
