//! The log on stderr. It shows what this program says of itself and nothing else, whatever is asked for: the AWS SDK
//! logs access key ids and whole answers.

use std::fmt::Debug;
use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use tracing::field::Field;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::{LogArgs, LogFormat};
use crate::report::write_harmless;
use crate::visible::visible;

/// The variable that takes a filter, such as `kms_audit::aws=trace`.
const VARIABLE: &str = "KMS_AUDIT_LOG";

/// Logs to stderr: warnings always, what fails with one `-v`, a line about each request with two. `KMS_AUDIT_LOG` says
/// it in more detail.
pub(super) fn start(args: LogArgs) {
    let level = match args.verbose {
        // Progress is said where nobody sees a bar, and not at all if nobody wants to know.
        0 => "kms_audit=warn,kms_audit::progress=info",
        1 => "kms_audit=debug",
        _ => "kms_audit=trace",
    };
    let wanted = std::env::var(VARIABLE).ok().filter(|wanted| !wanted.is_empty());
    let colours = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let log = log(wanted.as_deref().unwrap_or(level), args.log_format, io::stderr, colours);
    // A second start, in tests within one process, changes nothing. What libraries say by way of the `log` crate is not
    // listened to.
    let _ = tracing::subscriber::set_global_default(log);
}

fn log<W>(filter: &str, format: LogFormat, writer: W, colours: bool) -> impl Subscriber
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer();
    let lines = match format {
        LogFormat::Text => lines
            .with_writer(writer)
            .with_ansi(colours)
            .without_time()
            .fmt_fields(debug_fn(write_field).delimited(" "))
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_writer(HarmlessJson(writer))
            .boxed(),
    };
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

/// Writes lines of JSON, in which no character moves the cursor or hides.
struct HarmlessJson<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for HarmlessJson<W> {
    type Writer = HarmlessJson<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        HarmlessJson(self.0.make_writer())
    }
}

impl<W: Write> Write for HarmlessJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // The end of a line is none of its characters: within JSON it is an escape already.
        for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
            write_harmless(&mut self.0, line.trim_end_matches('\n'))?;
            if line.ends_with('\n') {
                self.0.write_all(b"\n")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
    use crate::visible::is_treacherous;
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

    fn logged(filter: &str) -> String {
        logged_as(filter, LogFormat::Text)
    }

    /// What is logged of a few events under a filter.
    fn logged_as(filter: &str, format: LogFormat) -> String {
        let lines = Lines::default();
        tracing::subscriber::with_default(log(filter, format, lines.clone(), false), || {
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
            for format in [LogFormat::Text, LogFormat::Json] {
                let said = logged_as(filter, format);
                assert!(!said.contains("QXXAEXAMPLE"), "{filter}: {said}");
            }
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

    #[test]
    fn a_line_of_json_is_an_object_that_hides_nothing() {
        let said = logged_as("kms_audit=trace", LogFormat::Json);
        let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{said}");
        assert_eq!(lines[0]["level"], "ERROR");
        assert_eq!(lines[0]["message"], "of this program");
        assert_eq!(lines[1]["alias"], "alias/\n ERROR kms_audit: forged\u{202e}");
        assert_eq!(lines[1]["message"], "a key\r\n\u{1b}[2J");
        assert!(lines[1]["timestamp"].is_string() && lines[1]["target"].is_string());
        assert!(said.chars().all(|c| c == '\n' || !is_treacherous(c)), "{said:?}");
    }
}
