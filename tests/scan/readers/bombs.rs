//! Small files that become large when they are read: refused, with an error that names them, and within bounded memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::memory;
use super::{Copy, files, whole_run};

/// The most that reading one may take.
const MOST_MEMORY: u64 = 300 << 20;

/// A block of a zstd frame: one byte, so many times. Its header has the last block's mark in bit 0, the kind (1, a byte
/// repeated) in bits 1 and 2, and the size above; a size of 128 KiB is the largest.
///
/// Source: <https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.2>.
fn repeated(byte: u8, is_last: bool) -> [u8; 4] {
    const SIZE: u32 = 1 << 17;
    let [a, b, c, _] = (SIZE << 3 | 1 << 1 | u32::from(is_last)).to_le_bytes();
    [a, b, c, byte]
}

/// A frame of one byte, so many GiB of it, after a text. The window is of 128 KiB, or of two to the power of so much.
fn bomb(text: &[u8], byte: u8, gibibytes: u32, window_log: u8) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, (window_log - 10) << 3];
    let [a, b, c, _] = (u32::try_from(text.len()).unwrap() << 3).to_le_bytes();
    frame.extend([a, b, c]);
    frame.extend(text);
    let blocks = gibibytes << 13;
    frame.extend((1..=blocks).flat_map(|n| repeated(byte, n == blocks)));
    frame
}

/// The exit code, words and peak memory of the program.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("said")).unwrap())
        .spawn()
        .unwrap();
    let (status, memory) = memory::peak(&mut child);
    let said = fs::read_to_string(folder.join("said")).unwrap();
    assert!(memory < MOST_MEMORY, "{arguments:?} took {} MiB: {said}", memory >> 20);
    assert!(!said.contains("panicked"), "{said}");
    (status.code(), said)
}

/// Puts a file into a run, and reads that in every way. `is_refused` says whether reading it is an error.
fn try_all(file: &Path, content: &[u8], what: &str) {
    let (copy, place) = (Copy::of_run(), tempfile::tempdir().unwrap());
    copy.with(file, content, || {
        let (changed, whole) = (copy.path().to_str().unwrap(), whole_run().to_str().unwrap());
        let name = file.to_str().unwrap();
        let mut refused = Vec::new();
        for arguments in [
            &["assess", changed, "--out", "new"][..],
            &["diff", whole, changed],
            &["diff", changed, changed, "--format", "json"],
            &["trend", changed],
        ] {
            let (code, said) = run(place.path(), arguments);
            if code == Some(0) {
                continue;
            }
            assert_eq!(code, Some(1), "{what} in {name}: {said}");
            assert!(said.contains(name), "{what} in {name}: {said}");
            refused.push(arguments[0]);
        }
        assert!(!refused.is_empty(), "nobody minded {what} in {name}");
        let (code, said) = run(place.path(), &["verify", changed]);
        let expected = if name == "manifest.json" {
            &[Some(1), Some(5)][..]
        } else {
            &[Some(5)]
        };
        assert!(expected.contains(&code), "{what} in {name}: {said}");
    });
}

/// The tables that are read again: gaps are told from the facts.
fn tables() -> Vec<PathBuf> {
    let is_table = |file: &PathBuf| {
        let name = file.to_string_lossy();
        name.ends_with(".zst") && !name.contains("gaps/") && !name.contains("__HIVE")
    };
    files(whole_run()).into_iter().filter(is_table).collect()
}

#[test]
fn many_gigabytes_of_one_byte_in_a_line_are_refused() {
    assert_eq!(tables().len(), 10, "{:?}", tables());
    for table in tables() {
        try_all(&table, &bomb(b"{\"region\":\"", b'x', 16, 17), "a long string");
    }
    let keys = Path::new("snapshot/keys/account_id=888899990000/part.jsonl.zst");
    for (text, byte) in [("", 0), ("{\"a\":[", b' '), ("", b'['), ("[", b'1')] {
        try_all(keys, &bomb(text.as_bytes(), byte, 16, 17), "a long line");
    }
}

#[test]
fn a_long_line_of_tiny_values_is_refused() {
    for table in ["snapshot/keys", "snapshot/quotas", "findings"] {
        let table = Path::new(table).join("account_id=888899990000/part.jsonl.zst");
        for value in ["\"\"", "[]", "{\"\":0}"] {
            let line = format!(
                "{{\"region\":\"eu-central-1\",\"aliases\":[{}0]}}\n",
                format!("{value},").repeat(1 << 20)
            );
            try_all(&table, &zstd::encode_all(line.as_bytes(), 1).unwrap(), "tiny values");
        }
    }
}

#[test]
fn lines_without_end_are_refused_at_the_first_that_is_no_row() {
    for table in tables() {
        try_all(&table, &bomb(b"", b'\n', 16, 17), "empty lines");
    }
}

#[test]
fn a_window_that_takes_much_memory_is_refused() {
    for window_log in [24, 27, 31, 41] {
        let keys = Path::new("snapshot/keys/account_id=888899990000/part.jsonl.zst");
        try_all(keys, &bomb(b"", b'\n', 1, window_log), "a large window");
    }
}

#[test]
fn values_without_number_are_refused_where_a_document_may_have_any() {
    let many = format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(1_500_000));
    for file in ["snapshot/scan.json", "manifest.json"] {
        let text = fs::read_to_string(whole_run().join(file)).unwrap();
        let (before, rest) = text.split_once("\"parameters\":").unwrap();
        // What comes behind the parameters is no matter: it is not read any more.
        let content = format!("{before}\"parameters\":{many},{}", rest.trim_start_matches([' ', '{']));
        try_all(Path::new(file), content.as_bytes(), "many parameters");
    }
    try_all(Path::new("snapshot/scan.json"), &vec![b' '; 17 << 20], "white space");
    try_all(
        Path::new("snapshot/scan.json"),
        "[".repeat(1 << 20).as_bytes(),
        "deep lists",
    );
    try_all(
        Path::new("manifest.json"),
        "{\"a\":".repeat(1 << 20).as_bytes(),
        "deep objects",
    );
    let versions = format!("{{\"schema_version\":[{}0]}}", "{\"\":0},".repeat(1_500_000));
    try_all(
        Path::new("manifest.json"),
        versions.as_bytes(),
        "a version that is none",
    );
    try_all(
        Path::new("snapshot/scan.json"),
        versions.as_bytes(),
        "a version that is none",
    );
}

#[test]
fn a_report_or_a_configuration_without_end_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let report = fs::read_to_string(whole_run().join("report.json")).unwrap();
    let (before, _) = report.split_once("\"parameters\":").unwrap();
    let many = format!(
        "{before}\"parameters\":{{\"a\":[{}0]}}}}}}",
        "{\"\":0},".repeat(3_000_000)
    );
    for (text, what) in [
        (many, "more than 100000 parameters"),
        ("[".repeat(50 << 20), "is not a report.json"),
        ("{\"a\":".repeat(10 << 20), "is not a report.json"),
    ] {
        fs::write(place.path().join("report.json"), text).unwrap();
        let (code, said) = run(place.path(), &["diff", "report.json", "report.json"]);
        assert!(
            code == Some(1) && said.contains("report.json") && said.contains(what),
            "{said}"
        );
    }
    let whole = whole_run().to_str().unwrap();
    for (text, what) in [
        ("#".repeat(17 << 20), "larger than the 16 MiB"),
        (format!("a = {}", "[".repeat(100_000)), "kms-audit.toml"),
        (format!("a{} = 1", ".a".repeat(100_000)), "kms-audit.toml"),
        (
            format!("[{}a{}]", "[".repeat(100_000), "]".repeat(100_000)),
            "kms-audit.toml",
        ),
        (format!("a = {}", "{ a = ".repeat(100_000)), "kms-audit.toml"),
    ] {
        fs::write(place.path().join("kms-audit.toml"), &text).unwrap();
        let (code, said) = run(place.path(), &["assess", whole, "--config", "kms-audit.toml"]);
        assert!(
            code == Some(1) && said.contains(what),
            "{}",
            &said[..said.len().min(2_000)]
        );
        let (code, said) = run(place.path(), &["scan", "--sandbox", "kms-audit.toml", "--out", "out"]);
        assert!(
            code == Some(1) && said.contains(what),
            "{}",
            &said[..said.len().min(2_000)]
        );
        assert!(!place.path().join("out").exists());
    }
}
