//! `merge`: makes one run of the shards of a scan, which is judged by what they were judged by.

use std::path::Path;

use anyhow::Context;

use super::judging::{self, Judging};
use super::output::{OutputFolder, check_apart};
use super::outputs::Outputs;
use super::{Exit, log};
use crate::cli::MergeArgs;
use crate::evidence::Origin;
use crate::shards::Shards;
use crate::snapshot::{SnapshotReader, SnapshotWriter};

pub(super) fn run(args: &MergeArgs) -> anyhow::Result<Exit> {
    log::start(args.log);
    let shards = Shards::open(&args.shards, args.allow_missing_shards, args.allowed_signers.as_deref())?;
    let scan = shards.unite()?;
    let config = judging::recorded_config(&scan.parameters)?;
    let outputs = Outputs::choose(&args.report.formats, &config)?;
    for run in &shards.runs {
        outputs.check_apart(&run.folder)?;
    }
    let check_apart = |out: &Path| shards.runs.iter().try_for_each(|run| check_apart(out, &run.folder));
    check_apart(args.out.as_deref().unwrap_or(Path::new("")))?;
    let mut output = OutputFolder::prepare(args.out.as_deref(), scan.as_of)?;
    // A path through folders that did not exist may lead anywhere.
    check_apart(output.path())?;
    outputs.check_apart(output.path())?;
    output.keep();
    let folder = output.path().join("snapshot");
    let writer = SnapshotWriter::create(&folder)?;
    shards
        .copy_accounts(&writer)
        .with_context(|| format!("the shards cannot be brought together in {}", output.path().display()))?;
    writer.finish(&scan)?;
    let snapshot = SnapshotReader::open(&folder)?;
    let judging = Judging {
        config: &config,
        snapshot: &snapshot,
        scan,
        origin: Origin::Shards(shards.for_manifest()),
        outputs: &outputs,
        args: &args.report,
    };
    judging.run(&mut output)
}
