//! The memory of a process, as the operating system measures it.

use std::process::{Child, ExitStatus};

/// Waits for the end of a process. Says how it ended, and the most memory that it had, in bytes.
///
/// Not from `wait4` on Linux: what that reports begins with the memory of the process which started the program, and that
/// is here the one of all tests. Source: `ru_maxrss` in <https://man7.org/linux/man-pages/man2/getrusage.2.html>, and
/// `exec_mmap` in <https://github.com/torvalds/linux/blob/master/fs/exec.c>.
#[cfg(target_os = "linux")]
pub fn peak(child: &mut Child) -> (ExitStatus, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        // It is the most until then, so that only what comes in the last moment is missed.
        let kibibytes = std::fs::read_to_string(&status).ok().and_then(|status| {
            let (_, rest) = status.split_once("VmHWM:")?;
            rest.split_whitespace().next()?.parse::<u64>().ok()
        });
        peak = kibibytes.map_or(peak, |kibibytes| kibibytes << 10);
        if let Some(status) = child.try_wait().unwrap() {
            return (status, peak);
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}

/// The same where `wait4` has it.
#[cfg(not(target_os = "linux"))]
pub fn peak(child: &mut Child) -> (ExitStatus, u64) {
    let used = wait4::Wait4::wait4(child).unwrap();
    (used.status, used.rusage.maxrss)
}

#[cfg(unix)]
#[test]
fn the_memory_of_a_process_is_not_that_of_the_one_which_started_it() {
    let held = std::hint::black_box(vec![1_u8; 64 << 20]);
    let mut child = std::process::Command::new("sleep").arg("0.1").spawn().unwrap();
    let (status, peak) = peak(&mut child);
    assert!(status.success());
    assert!((1 << 16..32 << 20).contains(&peak), "{} KiB", peak >> 10);
    drop(held);
}
