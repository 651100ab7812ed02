//! SHA-256, in hexadecimal.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// How much of a file is in memory while it is hashed.
const READ_AT_ONCE: usize = 1 << 16;

/// The hash of a text.
pub fn sha256(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text))
}

/// The first eight bytes of the hash of a text: a number that tells nothing of the text and is the same everywhere.
pub fn first_bytes(text: impl AsRef<[u8]>) -> [u8; 8] {
    let mut first = [0; 8];
    first
        .iter_mut()
        .zip(Sha256::digest(text))
        .for_each(|(byte, of_hash)| *byte = of_hash);
    first
}

/// The hash of a file, and its length in bytes.
///
/// # Errors
/// When the file cannot be read.
pub fn sha256_of_file(path: &Path) -> io::Result<(String, u64)> {
    let (mut content, mut hash) = (File::open(path)?, Sha256::new());
    let (mut buffer, mut bytes) = (vec![0; READ_AT_ONCE], 0);
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok((hex(&hash.finalize()), bytes)),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// Hashes what is written through it.
pub struct Hashing<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Hashing<W> {
    /// Nothing has been written yet.
    pub fn new(out: W) -> Self {
        Hashing {
            out,
            hash: Sha256::new(),
        }
    }

    /// The hash of all that was written.
    pub fn finish(self) -> String {
        hex(&self.hash.finalize())
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_hash_of_the_file_it_becomes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let text = "a".repeat(3 * READ_AT_ONCE + 1);
        std::fs::write(&path, &text).unwrap();
        let mut hashing = Hashing::new(Vec::new());
        hashing.write_all(text.as_bytes()).unwrap();
        assert_eq!(hashing.finish(), sha256(&text));
        assert_eq!(sha256_of_file(&path).unwrap(), (sha256(&text), text.len() as u64));
        // The example of FIPS 180-2.
        assert!(sha256("abc").starts_with("ba7816bf8f01cfea414140de5dae2223"));
    }
}
