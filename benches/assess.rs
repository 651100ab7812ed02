//! What it costs to judge a million keys, and that memory follows one account and not all.
//!
//! Everything runs in child processes, so that CPU time and peak memory are the operating system's figures. Each child
//! makes the facts of one account after the other; one does nothing else, and its CPU time is taken from the others'.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod measured;

use std::io::BufWriter;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use kms_audit::assessment::Assessor;
use kms_audit::config::Config;
use kms_audit::facts::*;
use kms_audit::report::{Palette, Report, render_markdown, render_terminal, write_html, write_json};
use kms_audit::results::Results;
use measured::Measured;

/// The program's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const KEYS_OF_ACCOUNT: u64 = 10_000;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100_000;
const RUNS: usize = 3;

/// The most CPU time that judging the many may take, results written to disk included.
const MOST_SECONDS: f64 = 10.0;
/// The most bytes of `report.html` for each hundred thousand findings.
const MOST_BYTES_OF_PAGE: f64 = 15e6;
/// The most memory that the many may take, as a multiple of what the few take.
const MOST_GROWTH: f64 = 1.10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, part, keys, folder] = arguments.as_slice()
        && let Ok(keys) = keys.parse()
    {
        work(part, keys, Path::new(folder));
        return ExitCode::SUCCESS;
    }
    println!("\n{KEYS_OF_ACCOUNT} keys in each account; CPU time without that of making the facts");
    println!("                              keys    CPU s    keys/s  peak MB  on disk, bytes/key");
    let few = measure(FEW);
    let many = measure(MANY);
    let growth = many.reported.peak_bytes as f64 / few.reported.peak_bytes as f64;
    println!(
        "\ntargets: {MANY} keys judged and written in under {MOST_SECONDS} s of one core; memory at most {MOST_GROWTH} x \
         that of {FEW}: {growth:.2} x"
    );
    println!(
        "report.html at most {:.0} MB for 100,000 findings: {:.1} MB for the {} of {FEW} keys, {:.1} MB for those of {MANY}",
        MOST_BYTES_OF_PAGE / 1e6,
        few.page as f64 / 1e6,
        few.findings,
        many.page as f64 / 1e6
    );
    let most_of_page = MOST_BYTES_OF_PAGE * few.findings as f64 / 1e5;
    if many.judging < MOST_SECONDS && growth <= MOST_GROWTH && (few.page as f64) < most_of_page {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

struct Figures {
    /// Seconds.
    judging: f64,
    reported: Measured,
    /// The bytes of `report.html`.
    page: u64,
    findings: u64,
}

fn measure(keys: u64) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let of = |part: &str| {
        let runs = (0..RUNS).map(|_| run(part, keys, folder.path()));
        runs.min_by_key(|run| run.cpu).unwrap()
    };
    let (facts, judged, reported, paged) = (of("facts"), of("judged"), of("reported"), of("paged"));
    let judging = judged.cpu.saturating_sub(facts.cpu);
    let reporting = reported.cpu.saturating_sub(judged.cpu);
    let results = ["findings", "inventory", "gaps"].map(|table| size(&folder.path().join(table)));
    let paging = paged.cpu.saturating_sub(judged.cpu);
    let page = size(&folder.path().join("report.html"));
    let reports = size(&folder.path().join("report.json"));
    line("making the facts", keys, facts.cpu, &facts, 0);
    line("judged and written", keys, judging, &judged, results.iter().sum());
    line("report.json, .md, terminal", keys, reporting, &reported, reports);
    line("report.html", keys, paging, &paged, page);
    Figures {
        judging: judging.as_secs_f64(),
        reported,
        page,
        findings: std::fs::read_to_string(folder.path().join("findings.txt"))
            .unwrap()
            .parse()
            .unwrap(),
    }
}

fn line(what: &str, keys: u64, cpu: Duration, run: &Measured, on_disk: u64) {
    let seconds = cpu.as_secs_f64();
    println!(
        "{what:26} {keys:8} {seconds:8.2} {:9.0} {:8.1} {:8.1}",
        keys as f64 / seconds,
        run.peak_bytes as f64 / 1e6,
        on_disk as f64 / keys as f64
    );
}

fn run(part: &str, keys: u64, folder: &Path) -> Measured {
    let mut command = Command::new(std::env::current_exe().unwrap());
    measured::run(command.args([part, &keys.to_string()]).arg(folder))
}

fn size(path: &Path) -> u64 {
    if path.is_file() {
        return path.metadata().unwrap().len();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// The child: makes facts, and as far as asked for judges, writes and reports them.
fn work(part: &str, keys: u64, folder: &Path) {
    let accounts: Vec<AccountId> = (0..keys / KEYS_OF_ACCOUNT)
        .map(|number| AccountId::new(format!("{:012}", 100_000_000_000 + number)))
        .collect();
    let results = Results::in_folder(folder);
    let config = Config::default();
    let mut assessor = Assessor::new(&config, scan(&accounts));
    for (number, id) in accounts.iter().enumerate() {
        let facts = account(id, number as u64);
        if part != "facts" {
            let judged = assessor.judge(&facts);
            results.write(&judged).unwrap();
            assessor.add(judged);
        }
    }
    if part == "paged" {
        let assessment = assessor.finish();
        let report = Report::new(&assessment, &results);
        let page = std::fs::File::create(folder.join("report.html")).unwrap();
        write_html(&report, &mut BufWriter::new(page)).unwrap();
        let findings: u64 = report.document.summary.findings.values().sum();
        std::fs::write(folder.join("findings.txt"), findings.to_string()).unwrap();
    } else if part == "reported" {
        let assessment = assessor.finish();
        let report = Report::new(&assessment, &results);
        let json = std::fs::File::create(folder.join("report.json")).unwrap();
        write_json(&report, &mut BufWriter::new(json)).unwrap();
        std::fs::write(folder.join("report.md"), render_markdown(&report).unwrap()).unwrap();
        let palette = Palette {
            width: 160,
            colours: false,
        };
        let shown = render_terminal(&report, palette, folder).unwrap();
        assert!(shown.lines().count() > 20, "{shown}");
    }
}

fn scan(accounts: &[AccountId]) -> ScanFacts {
    ScanFacts {
        as_of: moment(),
        started_at: moment(),
        finished_at: moment(),
        interrupted: false,
        sandbox: None,
        caller_arn: Arn::new("arn:aws:sts::100000000000:assumed-role/audit/weekly"),
        partition: "aws".into(),
        accounts: accounts.to_vec(),
        accounts_listed: accounts.len() as u64,
        accounts_skipped: Vec::new(),
        accounts_not_entered: Vec::new(),
        shard: None,
        accounts_in_other_shards: Vec::new(),
        account_listing: Fact::NotCollected,
        parameters: Default::default(),
        api_calls: Vec::new(),
    }
}

fn moment() -> jiff::Timestamp {
    "2026-06-15T06:00:00Z".parse().unwrap()
}

/// An account with its keys in four Regions, and a few quotas and buckets.
fn account(id: &AccountId, number: u64) -> AccountFacts {
    const REGIONS: [&str; 4] = ["ap-south-1", "eu-west-1", "eu-west-3", "us-east-1"];
    let keys = KEYS_OF_ACCOUNT / REGIONS.len() as u64;
    AccountFacts {
        account_id: id.clone(),
        partition: "aws".into(),
        region_source: RegionSource::Listed,
        regions: REGIONS.map(|name| region(id, name, number, keys)).into(),
        bucket_listing: Fact::Known(()),
        buckets: (0..20).map(|bucket_number| bucket(number, bucket_number)).collect(),
        trails: Vec::new(),
        fallbacks: Vec::new(),
        api_calls: Vec::new(),
    }
}

fn region(id: &AccountId, name: &str, number: u64, keys: u64) -> RegionFacts {
    let mut facts = RegionFacts::new(Region::new(name), RegionState::Scanned);
    facts.key_listing = Fact::Known(());
    facts.alias_listing = Fact::Known(());
    facts.applied_quotas = Fact::Known(());
    facts.default_quotas = Fact::Known(());
    facts.aws_managed_keys = (0..5).map(|n| format!("aws-managed-{n}")).collect();
    facts.keys = (0..keys).map(|n| key(id, name, number * KEYS_OF_ACCOUNT + n)).collect();
    facts.quotas = vec![quota(600_000.0 * (number % 10) as f64 / 10.0)];
    facts
}

/// Of twenty keys fourteen are a tenant's, four are justified, one has a misspelt reason, and one is pending deletion
/// or has tags that could not be read.
fn key(account: &AccountId, region: &str, n: u64) -> Key {
    let tags: &[(&str, &str)] = match n % 20 {
        0..14 => &[
            ("tenant", &format!("tenant-{n:07}")),
            ("environment", "production"),
            ("team", "billing"),
        ],
        14..17 => &[("requirement", "rotation+audit"), ("team", "payments")],
        17 => &[("DataClass", "confidential"), ("requirement", "contract")],
        18 => &[("requirement", "polcy"), ("owner", "payments")],
        _ => &[],
    };
    let unread = n % 40 == 39;
    let id = format!("{:08x}-5c1f-4c2e-9d11-{n:012x}", n.wrapping_mul(2_654_435_761) as u32);
    Key {
        arn: Arn::new(format!("arn:aws:kms:{region}:{account}:key/{id}")),
        key_id: id,
        aliases: vec![format!("alias/tenant-{n:07}-data")],
        metadata: Fact::Known(KeyMetadata {
            manager: KeyManager::Customer,
            state: if n % 40 == 19 {
                KeyState::PendingDeletion
            } else {
                KeyState::Enabled
            },
            spec: KeySpec::SymmetricDefault,
            usage: KeyUsage::EncryptDecrypt,
            origin: KeyOrigin::AwsKms,
            multi_region: None,
            creation_date: Some(moment()),
            deletion_date: None,
            valid_to: None,
            custom_key_store_id: None,
            description: "Data of one tenant".into(),
        }),
        tags: if unread {
            Fact::Unavailable(Unavailable {
                operation: "kms:ListResourceTags".into(),
                code: "AccessDeniedException".into(),
                message: "User is not authorized to perform kms:ListResourceTags on this resource".into(),
            })
        } else {
            let owned = tags.iter().map(|(tag, value)| ((*tag).to_owned(), (*value).to_owned()));
            Fact::Known(owned.collect())
        },
        details: KeyDetails::default(),
        captured_at: None,
    }
}

fn quota(busiest_minute: f64) -> RequestQuota {
    RequestQuota {
        code: "L-6E3AF000".into(),
        name: "Cryptographic operations (symmetric) request rate".into(),
        pool: "CryptographicOperationsSymmetric".into(),
        limit: RequestsPerSecond(10_000.0),
        limit_source: LimitSource::Applied,
        applied_value: Fact::Known(()),
        default: None,
        metric: UsageMetric {
            namespace: "AWS/Usage".into(),
            name: "CallCount".into(),
            dimensions: Default::default(),
        },
        usage: Fact::Known(Usage {
            window_start: moment(),
            window_end: moment(),
            resolution_seconds: 60,
            datapoints: 20_160,
            peak: Some(Peak {
                sum: busiest_minute,
                at: moment(),
            }),
            pattern: Fact::NotCollected,
        }),
        contributors: Fact::NotCollected,
    }
}

fn bucket(account_number: u64, number: u64) -> Bucket {
    Bucket {
        name: format!("invoices-{account_number}-{number}"),
        region: Some(Region::new("eu-west-3")),
        creation_date: None,
        encryption: Fact::Known(BucketEncryption {
            algorithm: SseAlgorithm::SseKms,
            kms_key: None,
            bucket_key_enabled: number.is_multiple_of(2),
        }),
        metrics_configurations: Fact::NotCollected,
        requests: Fact::NotCollected,
        captured_at: None,
    }
}
