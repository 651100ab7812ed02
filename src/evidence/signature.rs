//! Signatures of the manifest, made and checked by OpenSSH (`ssh-keygen -Y`, the SSHSIG format): no cryptography of
//! our own.
//!
//! Source: <https://man.openbsd.org/ssh-keygen#Y>, <https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig>.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::files::{MANIFEST_FILE, SIGNATURE_FILE};
use crate::bounded_files;
use crate::private_files;

/// What the signature is for: one that was made for something else does not count.
const NAMESPACE: &str = "kms-audit";

/// The largest signature that is read; one of RSA has some hundred bytes.
const LARGEST_SIGNATURE: u64 = 1 << 20;

/// Why a signature could not be made, or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// OpenSSH is not there.
    #[error(
        "cannot run ssh-keygen: {0}; signatures need OpenSSH 8.0 or newer (Debian: apt-get install openssh-client)"
    )]
    NoOpenSsh(io::Error),
    /// It did not sign.
    #[error("ssh-keygen did not sign {manifest} with {key}: {said}")]
    NotSigned {
        /// The manifest.
        manifest: PathBuf,
        /// The key.
        key: PathBuf,
        /// What ssh-keygen said.
        said: String,
    },
    /// The file system refused.
    #[error("signature: {path}")]
    File {
        /// The manifest or the signature.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// There is nothing to check.
    #[error("there is no manifest.json.sig: the run was not signed (scan --sign-with KEY)")]
    Missing,
    /// The signature does not hold.
    #[error("the signature does not hold: {0}")]
    Invalid(String),
}

/// Signs the manifest of a folder with an OpenSSH key: a private key, or a public one whose private key an agent holds.
///
/// # Errors
/// When OpenSSH is not there or refuses.
pub fn sign(folder: &Path, key: &Path) -> Result<(), SignatureError> {
    let manifest = folder.join(MANIFEST_FILE);
    let content = File::open(&manifest).map_err(|source| SignatureError::File {
        path: manifest.clone(),
        source,
    })?;
    // It reads what it signs and prints the signature: a file that it writes itself may be half there, and for everyone
    // to read. If it has to ask for a passphrase, it does so on the terminal.
    let output = run(Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key)
        .stdin(Stdio::from(content)))?;
    if !output.status.success() || output.stdout.is_empty() {
        return Err(SignatureError::NotSigned {
            manifest,
            key: key.to_owned(),
            said: said(&output),
        });
    }
    let path = folder.join(SIGNATURE_FILE);
    private_files::write_whole(&path, |out| out.write_all(&output.stdout))
        .map_err(|source| SignatureError::File { path, source })
}

/// Whether the signature in a folder, if there is one, is of its manifest, whoever made it, and each of its bytes as it was
/// written.
///
/// # Errors
/// When OpenSSH is not there, or a file cannot be read.
pub(super) fn fits(folder: &Path) -> Result<bool, SignatureError> {
    let (path, manifest) = (folder.join(SIGNATURE_FILE), folder.join(MANIFEST_FILE));
    if !bounded_files::is_file(&path) {
        return Ok(true);
    }
    let refused = |path: &Path| {
        let path = path.to_owned();
        |source| SignatureError::File { path, source }
    };
    let text = bounded_files::read(&path, LARGEST_SIGNATURE).map_err(refused(&path))?;
    if !is_written_so(&text) {
        return Ok(false);
    }
    let manifest = File::open(&manifest).map_err(refused(&manifest))?;
    let checked = run(Command::new("ssh-keygen")
        .args(["-Y", "check-novalidate", "-n", NAMESPACE, "-s"])
        .arg(&path)
        .stdin(Stdio::from(manifest)))?;
    Ok(checked.status.success())
}

/// Whether a signature has the one layout that OpenSSH gives it. What it reads may have more, such as white space.
fn is_written_so(text: &[u8]) -> bool {
    const LINE: usize = 70;
    let armour = text
        .strip_prefix(b"-----BEGIN SSH SIGNATURE-----\n")
        .and_then(|text| text.strip_suffix(b"\n-----END SSH SIGNATURE-----\n"));
    let is_base64 = |line: &[u8]| {
        line.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte))
    };
    armour.is_some_and(|base64| {
        let mut lines = base64.split(|byte| *byte == b'\n').rev();
        let last = lines.next().unwrap_or_default();
        is_base64(last)
            && (1..=LINE).contains(&last.len())
            && lines.all(|line| is_base64(line) && line.len() == LINE)
    })
}

/// Who signed the manifest of a folder, if that is one of the allowed signers.
///
/// # Errors
/// When there is no signature, or it is of nobody who is allowed, or of another text.
pub(super) fn signer(folder: &Path, allowed_signers: &Path) -> Result<String, SignatureError> {
    let signature = folder.join(SIGNATURE_FILE);
    if !bounded_files::is_file(&signature) {
        return Err(SignatureError::Missing);
    }
    let found = run(Command::new("ssh-keygen")
        .args(["-Y", "find-principals", "-f"])
        .arg(allowed_signers)
        .arg("-s")
        .arg(&signature)
        .stdin(Stdio::null()))?;
    let principals = String::from_utf8_lossy(&found.stdout);
    let Some(principal) = principals.lines().next().filter(|_| found.status.success()) else {
        return Err(SignatureError::Invalid(said(&found)));
    };
    let manifest =
        File::open(folder.join(MANIFEST_FILE)).map_err(|error| SignatureError::Invalid(error.to_string()))?;
    let checked = run(Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", NAMESPACE, "-I", principal, "-f"])
        .arg(allowed_signers)
        .arg("-s")
        .arg(&signature)
        .stdin(Stdio::from(manifest)))?;
    if checked.status.success() {
        Ok(principal.to_owned())
    } else {
        Err(SignatureError::Invalid(said(&checked)))
    }
}

fn run(command: &mut Command) -> Result<Output, SignatureError> {
    command.output().map_err(SignatureError::NoOpenSsh)
}

fn said(output: &Output) -> String {
    let text = if output.stderr.is_empty() {
        &output.stdout
    } else {
        &output.stderr
    };
    String::from_utf8_lossy(text).trim().to_owned()
}
