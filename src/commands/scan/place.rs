//! Where a scan writes: into the folder that was named, and a shard into one of its own below it, so that the processes
//! that share a scan can all be given the same flags.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::output::default_name;
use crate::cli::ScanArgs;
use crate::run_record::RUN_FILE;
use crate::shards::folder_of;

/// The flags with the folders of the shard in the place of those that all shards have in common, and with the folder of
/// the run that is gone on with, where that was left open.
pub(super) fn resolved(args: &ScanArgs) -> ScanArgs {
    let below = |folder: PathBuf| match args.shard {
        Some(shard) => folder_of(shard, &folder),
        None => folder,
    };
    let out = args.out.clone().map(below);
    let begun = out
        .clone()
        .filter(|out| args.restartable && out.join(RUN_FILE).exists());
    ScanArgs {
        out,
        resume: args.resume.clone().map(below).or(begun),
        ..args.clone()
    }
}

/// The folder to write into, where one is known.
pub(super) fn output(args: &ScanArgs, as_of: Timestamp) -> Option<PathBuf> {
    // The others have the same, and so none is looked for that is not taken.
    let of_shard = |shard| folder_of(shard, Path::new(&default_name(as_of)));
    args.out.clone().or_else(|| args.shard.map(of_shard))
}
