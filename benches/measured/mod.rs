//! Processes, measured by the operating system.

// Each bench takes of this what it needs.
#![allow(dead_code)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use wait4::Wait4;

/// What a process took.
pub struct Measured {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_bytes: u64,
}

/// Runs a program to its end, which must be a good one.
pub fn run(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let used = child.wait4().unwrap();
    assert!(used.status.success(), "{command:?} failed");
    Measured {
        wall: started.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak_bytes: used.rusage.maxrss,
    }
}

/// The URL that a server gives in the first line of its output, if it does.
pub fn address(server: &mut Child) -> Option<String> {
    let mut first_line = String::new();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    stdout.read_line(&mut first_line).unwrap();
    first_line.trim().strip_prefix("AWS_ENDPOINT_URL=").map(str::to_owned)
}
