//! Which buckets are there, and how are they encrypted by default?

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt, stream};

use super::bucket_metrics::list_metrics_configurations;
use super::call::Caller;
use super::error::CallError;
use super::moment::timestamp;
use super::operations::{S3_GET_BUCKET_ENCRYPTION as GET, S3_LIST_BUCKETS as LIST};
use super::paging::Pages;
use super::refusals::Refusals;
use super::regions::RegionChoice;
use super::session::Session;
use crate::facts::{Bucket, BucketEncryption, Fact, MetricsConfiguration, Region, SseAlgorithm};
use crate::progress::Counter;

/// Accounts whose quota is above 10,000 buckets are refused a list without pages.
const BUCKETS_A_PAGE: i32 = 1_000;
const BUCKETS_AT_ONCE: usize = 32;

/// What an account answers for a bucket without any default encryption, before AWS gave every bucket one.
const NONE_CONFIGURED: &str = "ServerSideEncryptionConfigurationNotFoundError";

/// What was read of the buckets of an account.
#[derive(Debug)]
pub struct BucketsRead {
    /// Whether the list was read to its end.
    pub listing: Fact<()>,
    /// The buckets, in the order of their names.
    pub buckets: Vec<Bucket>,
}

/// Reads every general purpose bucket that lies in one of the chosen Regions, or whose Region could not be found
/// out.
pub async fn read_buckets(session: &Session, choice: &RegionChoice, progress: &Counter) -> BucketsRead {
    let (mut listed, listing) = list_buckets(session).await;
    let chosen = |region: &Option<Region>| match (choice, region) {
        (RegionChoice::Named(named), Some(region)) => named.contains(region),
        (RegionChoice::Enabled, _) | (RegionChoice::Named(_), None) => true,
    };
    listed.retain(|bucket| chosen(&bucket.region));
    progress.find(listed.len());
    let clients = Clients::new(session);
    let questions = BucketQuestions::default();
    let mut buckets: Vec<Bucket> = stream::iter(listed)
        .map(|bucket| {
            let (clients, questions) = (&clients, &questions);
            async move {
                let bucket = read_bucket(clients, questions, bucket).await;
                progress.finish_one();
                bucket
            }
        })
        .buffer_unordered(BUCKETS_AT_ONCE)
        .collect()
        .await;
    buckets.retain(|bucket| chosen(&bucket.region));
    buckets.sort_by(|a, b| a.name.cmp(&b.name));
    BucketsRead {
        listing: listing.into(),
        buckets,
    }
}

async fn list_buckets(session: &Session) -> (Vec<Bucket>, Result<(), CallError>) {
    let (caller, client) = session.s3(&session.home);
    let mut buckets: BTreeMap<String, Bucket> = BTreeMap::new();
    let mut pages = Pages::default();
    let mut token = None;
    let end = 'pages: loop {
        let request = || {
            client
                .list_buckets()
                .max_buckets(BUCKETS_A_PAGE)
                .set_continuation_token(token.clone())
                .send()
        };
        let page = match caller.call(LIST, request).await {
            Ok(page) => page,
            Err(error) => break Err(error),
        };
        let Some(listed) = page.buckets else {
            break Err(CallError::malformed(LIST, "the answer has no list of buckets"));
        };
        let before = buckets.len();
        for bucket in listed {
            let Some(name) = bucket.name else {
                break 'pages Err(CallError::malformed(LIST, "a bucket in the list has no name"));
            };
            let bucket = Bucket {
                name: name.clone(),
                region: bucket.bucket_region.as_deref().and_then(Region::parse),
                creation_date: bucket.creation_date.as_ref().and_then(timestamp),
                encryption: Fact::NotCollected,
                metrics_configurations: Fact::NotCollected,
                requests: Fact::NotCollected,
                captured_at: None,
            };
            buckets.insert(name, bucket);
        }
        match pages.next(LIST, None, page.continuation_token.as_deref(), buckets.len() - before) {
            Ok(Some(next)) => token = Some(next),
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    (buckets.into_values().collect(), end)
}

/// One S3 client for each Region that holds a bucket.
struct Clients<'a> {
    session: &'a Session,
    made: Mutex<BTreeMap<Region, (Caller, aws_sdk_s3::Client)>>,
}

impl<'a> Clients<'a> {
    fn new(session: &'a Session) -> Self {
        Clients {
            session,
            made: Mutex::default(),
        }
    }

    fn of(&self, region: &Region) -> (Caller, aws_sdk_s3::Client) {
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(region.clone())
            .or_insert_with(|| self.session.s3(region))
            .clone()
    }
}

/// How the two questions about each bucket fared so far.
#[derive(Debug, Default)]
struct BucketQuestions {
    encryption: Refusals,
    metrics: Refusals,
}

async fn read_bucket(clients: &Clients<'_>, questions: &BucketQuestions, mut bucket: Bucket) -> Bucket {
    let encryption = ask_where_it_is(clients, &questions.encryption, &mut bucket, get_encryption).await;
    bucket.encryption = encryption.into();
    if bucket.encryption.known().is_some_and(asks_kms_for_each_object) {
        let metrics = ask_where_it_is(clients, &questions.metrics, &mut bucket, list_metrics).await;
        bucket.metrics_configurations = metrics.into();
    }
    bucket
}

/// Whether each object of a bucket takes a request to KMS, which a Bucket Key would save.
fn asks_kms_for_each_object(encryption: &BucketEncryption) -> bool {
    encryption.algorithm == SseAlgorithm::SseKms && !encryption.bucket_key_enabled
}

/// Asks in the bucket's Region, and once more elsewhere if S3 says that the bucket is there.
async fn ask_where_it_is<T>(
    clients: &Clients<'_>,
    refusals: &Refusals,
    bucket: &mut Bucket,
    question: impl AsyncFn(&(Caller, aws_sdk_s3::Client), &str) -> Result<T, CallError>,
) -> Result<T, CallError> {
    let first = bucket.region.clone().unwrap_or_else(|| clients.session.home.clone());
    let ask = async |region: &Region| {
        let client = clients.of(region);
        refusals.ask(|| question(&client, &bucket.name)).await
    };
    let mut answer = ask(&first).await;
    let mut found_in = first;
    if let Err(CallError {
        elsewhere: Some(elsewhere),
        ..
    }) = &answer
        && *elsewhere != found_in
    {
        found_in = elsewhere.clone();
        answer = ask(&found_in).await;
    }
    if answer.is_ok() {
        bucket.region = Some(found_in);
    }
    answer
}

async fn list_metrics(
    (caller, client): &(Caller, aws_sdk_s3::Client),
    name: &str,
) -> Result<Vec<MetricsConfiguration>, CallError> {
    list_metrics_configurations(caller, client, name).await
}

async fn get_encryption(
    (caller, client): &(Caller, aws_sdk_s3::Client),
    name: &str,
) -> Result<BucketEncryption, CallError> {
    let answer = caller
        .call(GET, || client.get_bucket_encryption().bucket(name).send())
        .await;
    let configuration = match answer {
        Ok(answer) => answer.server_side_encryption_configuration,
        Err(error) if error.code == NONE_CONFIGURED => return Ok(sse_s3()),
        Err(error) => return Err(error),
    };
    let rule = configuration.and_then(|configuration| configuration.rules.into_iter().next());
    let Some(rule) = rule else {
        return Err(CallError::malformed(GET, "the answer has no encryption rule"));
    };
    let Some(default) = rule.apply_server_side_encryption_by_default else {
        return Ok(BucketEncryption {
            bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
            ..sse_s3()
        });
    };
    Ok(BucketEncryption {
        algorithm: default.sse_algorithm.as_str().into(),
        kms_key: default.kms_master_key_id.filter(|key| !key.is_empty()),
        bucket_key_enabled: rule.bucket_key_enabled.unwrap_or(false),
    })
}

/// What S3 does where nothing is configured.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html>.
fn sse_s3() -> BucketEncryption {
    BucketEncryption {
        algorithm: SseAlgorithm::SseS3,
        kms_key: None,
        bucket_key_enabled: false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::canned::{self, Answer, IDENTITY};
    use super::*;

    const BUCKETS: &str = "<ListAllMyBucketsResult><Buckets><Bucket><Name>moved</Name></Bucket>\
        <Bucket><Name>misaddressed</Name></Bucket></Buckets></ListAllMyBucketsResult>";
    const ENCRYPTION: &str = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
        <SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
        </ServerSideEncryptionConfiguration>";

    const METRICS: &str = "<ListMetricsConfigurationsResult><MetricsConfiguration><Id>all</Id>\
        </MetricsConfiguration><IsTruncated>false</IsTruncated></ListMetricsConfigurationsResult>";

    /// An S3 that lists buckets without their Regions; both lie in eu-central-1.
    fn server(request: &aws_smithy_runtime_api::client::orchestrator::HttpRequest) -> Answer {
        let uri = request.uri();
        if uri.contains("sts.") {
            Answer(200, &[], IDENTITY.to_owned())
        } else if uri.contains("metrics") && uri.contains("eu-central-1") {
            Answer(200, &[], METRICS.to_owned())
        } else if !uri.contains("encryption") {
            Answer(200, &[], BUCKETS.to_owned())
        } else if uri.contains("eu-central-1") {
            Answer(200, &[], ENCRYPTION.to_owned())
        } else if uri.contains("moved") {
            let body = "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>";
            Answer(301, &[("x-amz-bucket-region", "eu-central-1")], body.to_owned())
        } else {
            let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message>\
                        <Region>eu-central-1</Region></Error>";
            Answer(400, &[], body.to_owned())
        }
    }

    #[tokio::test]
    async fn a_bucket_is_followed_to_the_region_where_s3_says_it_is() {
        let session = canned::session(server).await.unwrap();
        let read = read_buckets(&session, &RegionChoice::Enabled, &Counter::default()).await;
        assert_eq!(read.listing, Fact::Known(()));
        assert_eq!(read.buckets.len(), 2);
        for bucket in read.buckets {
            assert_eq!(bucket.region, Some(Region::new("eu-central-1")), "{}", bucket.name);
            assert_eq!(bucket.encryption.known().unwrap().algorithm, SseAlgorithm::SseKms);
            let metrics = bucket.metrics_configurations.known().unwrap();
            assert_eq!((metrics[0].id.as_str(), metrics[0].whole_bucket), ("all", true));
        }
    }
}
