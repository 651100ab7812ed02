//! Ctrl-C and termination: the first asks the scan to end with what it has, the second ends the program.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::aws::Stop;

/// The signal that asked for the end, if any did.
#[derive(Clone, Debug, Default)]
pub(super) struct Signal(Arc<AtomicU8>);

impl Signal {
    /// Listens from now on.
    pub(super) fn listen(stop: Stop) -> Self {
        let signal = Signal::default();
        let heard = signal.clone();
        tokio::spawn(async move {
            heard.0.store(next().await, Ordering::SeqCst);
            stop.request();
            // Nobody to tell where stderr is closed; the report says it too.
            let _ = writeln!(
                std::io::stderr(),
                "Stopping: writing down what was read so far. Once more to end at once."
            );
            let number = next().await;
            end_now(128 + number);
        });
        signal
    }

    /// The number of the signal that was heard.
    pub(super) fn heard(&self) -> Option<u8> {
        Some(self.0.load(Ordering::SeqCst)).filter(|number| *number > 0)
    }
}

const INTERRUPT: u8 = 2;

/// Waits for the next of them.
#[cfg(unix)]
pub(super) async fn next() -> u8 {
    const TERMINATE: u8 = 15;
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupted() => INTERRUPT,
        _ = terminated => TERMINATE,
    }
}

#[cfg(not(unix))]
pub(super) async fn next() -> u8 {
    interrupted().await;
    INTERRUPT
}

async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Where signals cannot be heard, the system's own handling ends the program.
        std::future::pending::<()>().await;
    }
}

#[expect(clippy::exit, reason = "the user asked twice; nothing is worth waiting for any more")]
fn end_now(code: u8) {
    std::process::exit(i32::from(code));
}
