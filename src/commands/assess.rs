//! `assess`: judges a snapshot again, without AWS: by another configuration, or by a newer version of the program.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Exit;
use super::judging::{self, Judging};
use super::output::{OutputFolder, check_apart};
use super::outputs::Outputs;
use crate::cli::AssessArgs;
use crate::config;
use crate::evidence::{MANIFEST_FILE, NoRun, Origin, SnapshotDigest};
use crate::snapshot::SnapshotReader;

pub(super) fn run(args: &AssessArgs) -> anyhow::Result<Exit> {
    let (config, config_file) = judging::load_config(args.config.as_deref(), args.threshold)?;
    let outputs = Outputs::choose(&args.report.formats, &config)?;
    let place = Place::of(&args.snapshot)?;
    outputs.check_apart(&place.run)?;
    let snapshot = SnapshotReader::open(&place.snapshot)?;
    let mut scan = snapshot.scan.clone();
    config
        .check_exceptions(scan.as_of)
        .map_err(|fault| config::invalid(fault, config_file.as_deref()))?;
    // What was collected is up to the scan, how it is judged is up to this assessment.
    scan.parameters
        .extend(judging::parameters(&config, config_file.as_deref()));
    check_apart(args.out.as_deref().unwrap_or(Path::new("")), &place.run)?;
    let mut output = OutputFolder::prepare(args.out.as_deref(), scan.as_of)?;
    // A path through folders that did not exist may lead anywhere.
    check_apart(output.path(), &place.run)?;
    outputs.check_apart(output.path())?;
    let judging = Judging {
        config: &config,
        snapshot: &snapshot,
        scan,
        origin: Origin::Snapshot(SnapshotDigest::of(&place.snapshot)?),
        outputs: &outputs,
        args: &args.report,
    };
    judging.run(&mut output)
}

/// What makes a folder one that can be judged.
const OF_ASSESS: &str = "snapshot/";

/// Where a snapshot lies.
struct Place {
    snapshot: PathBuf,
    /// The folder that nothing may be written into: that of the run, if the snapshot is in one.
    run: PathBuf,
}

impl Place {
    /// Finds the snapshot in the folder of a run, or in its own.
    fn of(named: &Path) -> anyhow::Result<Self> {
        if !named.is_dir() {
            return Err(NoRun::at(named, OF_ASSESS).into());
        }
        let folder = named
            .canonicalize()
            .with_context(|| format!("cannot open {}", named.display()))?;
        if SnapshotReader::is_in(&folder.join("snapshot")) {
            return Ok(Place {
                snapshot: folder.join("snapshot"),
                run: folder,
            });
        }
        if !SnapshotReader::is_in(&folder) {
            return Err(NoRun::at(named, OF_ASSESS).into());
        }
        let run = folder.parent().filter(|parent| parent.join(MANIFEST_FILE).exists());
        Ok(Place {
            run: run.unwrap_or(&folder).to_owned(),
            snapshot: folder,
        })
    }
}
