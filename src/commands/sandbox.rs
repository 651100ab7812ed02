//! `sandbox serve`: the AWS within this program, for other clients. `sandbox generate`: estates for it.

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Exit, UsageError, signals};
use crate::cli::{GenerateArgs, ServeArgs};
use crate::sandbox::{Sandbox, Scale};

/// The sandbox that was named, or the built-in one.
pub(super) fn open(estate: Option<&Path>) -> anyhow::Result<Sandbox> {
    Ok(match estate {
        Some(path) => Sandbox::from_file(path)?,
        None => Sandbox::built_in()?,
    })
}

pub(super) fn serve(args: &ServeArgs) -> anyhow::Result<Exit> {
    let sandbox = open(args.estate.as_deref())?;
    // One thread answers tens of thousands of requests a second, and leaves the other cores to whoever asks.
    super::runtime()?.block_on(async {
        let server = sandbox.listen(args.port).await.with_context(|| {
            format!(
                "cannot listen on port {} of 127.0.0.1; choose another with --port",
                args.port
            )
        })?;
        writeln!(std::io::stdout(), "AWS_ENDPOINT_URL=http://{}", server.address()?)
            .context("cannot write the address to stdout")?;
        tokio::select! {
            ended = server.run() => ended.map(|()| Exit::Done).context("the server broke"),
            signal = signals::next() => Ok(Exit::Stopped(signal)),
        }
    })
}

pub(super) fn generate(args: &GenerateArgs) -> anyhow::Result<Exit> {
    let scale = Scale {
        accounts: args.accounts,
        regions: args.regions,
        keys: args.keys,
        buckets: args.buckets,
    };
    let estate = scale.estate().map_err(|error| UsageError(error.to_string()))?;
    super::print(&estate)?;
    Ok(Exit::Done)
}
