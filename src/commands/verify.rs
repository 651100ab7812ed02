//! `verify`: holds the folder of a run against its manifest.

use std::fmt::Write;

use super::Exit;
use crate::cli::VerifyArgs;
use crate::evidence::{Manifest, Verification, verify};
use crate::numbers::grouped;
use crate::visible::visible;

pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<Exit> {
    let verification = verify(&args.folder, args.allowed_signers.as_deref())?;
    super::print(&rendered(&verification)?)?;
    Ok(match verification.gravest() {
        Some(kind) => Exit::Differs(kind),
        None if verification.holds() => Exit::Done,
        None => Exit::NotSigned,
    })
}

fn rendered(verification: &Verification) -> Result<String, std::fmt::Error> {
    let manifest = &verification.manifest;
    let mut text = String::new();
    for fault in &verification.faults {
        writeln!(text, "{:8}  {}", fault.kind.as_str(), visible(&fault.path))?;
    }
    match (&verification.signature, &verification.unread_signature) {
        (None, None) => {}
        (None, Some(error)) => writeln!(
            text,
            "The signature was not looked at: {}.",
            visible(&error.to_string())
        )?,
        (Some(Ok(signer)), _) => writeln!(text, "Signed by {}.", visible(signer))?,
        (Some(Err(error)), _) => writeln!(text, "Not signed: {}.", visible(&error.to_string()))?,
    }
    writeln!(text, "{}", run_line(manifest))?;
    if verification.holds() {
        let files = grouped(manifest.files.len() as u64);
        writeln!(
            text,
            "Verified: {files} files are as the manifest says; {}.",
            visible(&manifest.digest)
        )?;
    } else {
        writeln!(
            text,
            "NOT VERIFIED: the folder is not what its manifest says, or not signed as asked."
        )?;
    }
    Ok(text)
}

/// What the run was.
fn run_line(manifest: &Manifest) -> String {
    let coverage = match (manifest.coverage_complete, manifest.gaps) {
        (true, _) => "coverage complete".to_owned(),
        (false, gaps) => format!("coverage INCOMPLETE, {} gaps", grouped(gaps)),
    };
    let accounts = match manifest.accounts.as_slice() {
        [account] => format!("account {account}"),
        accounts => format!("{} accounts", grouped(accounts.len() as u64)),
    };
    format!(
        "Run of {} {} as of {}, {accounts}, asked by {}; {coverage}.",
        visible(&manifest.tool.name),
        visible(&manifest.tool.version),
        manifest.as_of,
        visible(manifest.caller_arn.as_str()),
    )
}
