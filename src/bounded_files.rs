//! Files that anyone may have made: no more of one is read than it can rightly have.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Reads a file, unless it is larger than so many bytes.
///
/// # Errors
/// When it is larger, or the file system refuses.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        let what = format!("it is larger than the {} MiB that it may have", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(content)
}

/// Reads a file as text.
///
/// # Errors
/// When it is larger, is not UTF-8, or the file system refuses.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

/// Whether there is a file, which a link is not: it may lead anywhere.
pub fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_larger_than_it_may_be_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![b'x'; 1 << 20]).unwrap();
        assert_eq!(read_text(&path, 1 << 20).unwrap().len(), 1 << 20);
        std::fs::write(&path, vec![b'x'; (1 << 20) + 1]).unwrap();
        let error = read_text(&path, 1 << 20).unwrap_err();
        assert!(error.to_string().contains("larger than the 1 MiB"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(is_file(&file) && !is_file(&link) && !is_file(folder.path()));
    }
}
