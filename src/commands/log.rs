//! The log on stderr. It shows what this program says of itself and nothing else, whatever is asked for: the AWS SDK
//! logs access key ids and whole answers.

use std::fmt::Debug;
use std::io::IsTerminal;

use tracing::field::Field;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;

use crate::cli::LogArgs;
use crate::visible::visible;

/// The variable that takes a filter, such as `kms_audit::aws=trace`.
const VARIABLE: &str = "KMS_AUDIT_LOG";

/// Logs to stderr: warnings always, what fails with one `-v`, a line about each request with two. `KMS_AUDIT_LOG` says
/// it in more detail.
pub(super) fn start(args: LogArgs) {
    let level = match args.verbose {
        0 => "kms_audit=warn",
        1 => "kms_audit=debug",
        _ => "kms_audit=trace",
    };
    let wanted = std::env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty());
    let log = log(
        wanted.as_deref().unwrap_or(level),
        std::io::stderr,
        std::io::stderr().is_terminal(),
    );
    // A second start, in tests within one process, changes nothing. What libraries say by way of the `log` crate is not
    // listened to.
    let _ = tracing::subscriber::set_global_default(log);
}

fn log<W>(filter: &str, writer: W, colours: bool) -> impl Subscriber
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colours)
        .without_time()
        .fmt_fields(debug_fn(write_field).delimited(" "));
    tracing_subscriber::registry()
        .with(filter_fn(is_ours))
        .with(EnvFilter::new(filter))
        .with(lines)
}

/// Whether something is said by this program, and not by a library.
fn is_ours(said: &Metadata<'_>) -> bool {
    const CRATE: &str = env!("CARGO_CRATE_NAME");
    let rest = said.target().strip_prefix(CRATE);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A field with its value on one line, whoever chose the value.
fn write_field(out: &mut Writer<'_>, field: &Field, value: &dyn Debug) -> std::fmt::Result {
    let value = format!("{value:?}");
    match field.name() {
        "message" => write!(out, "{}", visible(&value)),
        name => write!(out, "{name}={}", visible(&value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Lines {
        type Writer = Self;
        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    /// What is logged of a few events under a filter.
    fn logged(filter: &str) -> String {
        let lines = Lines::default();
        tracing::subscriber::with_default(log(filter, lines.clone(), false), || {
            let _span =
                tracing::debug_span!(target: "aws_smithy_runtime::client", "invoke", id = "QXXAEXAMPLE").entered();
            tracing::error!(target: "aws_smithy_runtime::client", "QXXAEXAMPLE");
            tracing::error!(target: "kms_audit_like", "QXXAEXAMPLE");
            tracing::error!(target: "kms_audit", "of this program");
            tracing::trace!(
                alias = "alias/\n ERROR kms_audit: forged\u{202e}",
                "a {}",
                "key\r\n\u{1b}[2J"
            );
        });
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn only_what_this_program_says_is_logged_whatever_is_asked_for() {
        for filter in [
            "trace",
            "kms_audit=trace",
            "aws_smithy_runtime=trace,trace",
            "[invoke]=trace",
            "off",
            "",
        ] {
            let said = logged(filter);
            assert!(!said.contains("QXXAEXAMPLE"), "{filter}: {said}");
        }
        assert!(logged("trace").contains("ERROR kms_audit: of this program"));
        assert_eq!(logged("off"), "");
    }

    #[test]
    fn nothing_in_a_value_begins_another_line_of_the_log() {
        let said = logged("kms_audit=trace");
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.contains("a key\\u{d}\\u{a}\\u{1b}[2J"), "{said}");
        assert!(!said.contains('\u{202e}') && !said.contains('\r'), "{said}");
    }
}
