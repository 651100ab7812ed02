//! AWS Config: JSON 1.1. Aggregators of the account of the credentials, which collect from the others.

mod items;
mod query;

use self::items::{Kind, Place};
use self::query::Query;
use super::call::Call;
use super::estate::{AccountState, Aggregator};
use super::faults::Subject;
use super::paging::{Page, PagingFault, page};
use super::request::{Reply, Response};
use super::service::{AWS_JSON, Refusal, Service};
use super::wire::json::{operation, read};
use crate::digest::sha256;
use serde::Deserialize;
use serde_json::{Value, json};

const ROWS_ON_A_PAGE: usize = 25;
const MOST_ON_A_PAGE: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    expression: Option<String>,
    configuration_aggregator_name: Option<String>,
    configuration_aggregator_names: Option<Vec<String>>,
    #[serde(default)]
    update_status: Vec<String>,
    limit: Option<i64>,
    max_results: Option<i64>,
    next_token: Option<String>,
}

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let operation = operation(call.request, "StarlingDoveService.");
    let input: Input = match read(call.request) {
        Ok(input) => input,
        Err(refusal) => return call.refuse(&refusal).into(),
    };
    let subject = Subject {
        operation,
        token: input.next_token.as_deref(),
        ..Subject::default()
    };
    call.answer(&subject, |fault| {
        let list = List {
            call,
            operation,
            input: &input,
            fault,
        };
        let body = match operation {
            "DescribeConfigurationAggregators" => list.aggregators(),
            "DescribeConfigurationAggregatorSourcesStatus" => list.sources_status(),
            "SelectAggregateResourceConfig" => list.select(),
            other => Err(Service::Config.unknown_operation(other)),
        };
        Ok(Response::ok(AWS_JSON, body?.to_string()))
    })
}

struct List<'a> {
    call: &'a Call<'a>,
    operation: &'a str,
    input: &'a Input,
    fault: Option<PagingFault>,
}

impl<'a> List<'a> {
    /// The place of the page that is asked for; 0 asks for the usual size.
    fn place(&self, total: usize, usual: usize) -> Result<Page, Refusal> {
        let size = match self.input.limit.or(self.input.max_results) {
            None | Some(0) => usual,
            Some(size) => usize::try_from(size)
                .ok()
                .filter(|size| *size <= MOST_ON_A_PAGE)
                .ok_or_else(|| {
                    Refusal::new(
                        "InvalidLimitException",
                        "The specified limit is outside the allowable range",
                    )
                })?,
        };
        let named = self.input.configuration_aggregator_name.as_deref().unwrap_or_default();
        let expression = self.input.expression.as_deref().unwrap_or_default();
        let list = format!("{}/{}/{named}/{expression}", self.operation, self.call.region);
        page(&list, total, size, self.input.next_token.as_deref(), self.fault)
            .ok_or_else(|| Refusal::new("InvalidNextTokenException", "The specified next token is not valid"))
    }

    /// The aggregators that the caller has in the Region.
    fn own(&self) -> impl Iterator<Item = &'a Aggregator> {
        let estate = self.call.estate;
        let is_home = estate.home_account().id == self.call.identity.account.id;
        let here = self.call.region;
        let aggregators = estate.aggregators.iter();
        aggregators.filter(move |aggregator| is_home && aggregator.region == here)
    }

    fn named(&self) -> Result<&'a Aggregator, Refusal> {
        let name = self.input.configuration_aggregator_name.as_deref().unwrap_or_default();
        self.own()
            .find(|aggregator| aggregator.name == name)
            .ok_or_else(no_such_aggregator)
    }

    fn aggregators(&self) -> Result<Value, Refusal> {
        let mut aggregators: Vec<&Aggregator> = self.own().collect();
        if let Some(names) = &self.input.configuration_aggregator_names {
            aggregators.retain(|aggregator| names.contains(&aggregator.name));
            if aggregators.len() < names.len() {
                return Err(no_such_aggregator());
            }
        }
        let page = self.place(aggregators.len(), MOST_ON_A_PAGE)?;
        let entries: Vec<Value> = aggregators[page.range.clone()]
            .iter()
            .map(|one| self.entry(one))
            .collect();
        Ok(with_token(json!({ "ConfigurationAggregators": entries }), page))
    }

    fn entry(&self, aggregator: &Aggregator) -> Value {
        let (partition, id) = (&self.call.estate.partition, &self.call.identity.account.id);
        let (region, name) = (&aggregator.region, &aggregator.name);
        let as_of = self.call.estate.as_of.as_second();
        let hash = &sha256(format!("{id}/{region}/{name}"))[..8];
        let mut entry = json!({
            "ConfigurationAggregatorName": name,
            "ConfigurationAggregatorArn": format!("arn:{partition}:config:{region}:{id}:config-aggregator/config-aggregator-{hash}"),
            "CreationTime": as_of,
            "LastUpdatedTime": as_of,
        });
        let mut source = json!({ "AllAwsRegions": aggregator.source_regions.is_none() });
        if let Some(regions) = &aggregator.source_regions {
            source["AwsRegions"] = json!(regions);
        }
        match &aggregator.source_accounts {
            Some(accounts) => {
                source["AccountIds"] = json!(accounts);
                entry["AccountAggregationSources"] = json!([source]);
            }
            None => {
                let role = "aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations";
                source["RoleArn"] = format!("arn:{partition}:iam::{id}:role/{role}").into();
                entry["OrganizationAggregationSource"] = source;
            }
        }
        entry
    }

    /// Where the aggregator collects from: each account in each Region that it has enabled.
    fn sources(&self, aggregator: &'a Aggregator) -> impl Iterator<Item = Place<'a>> {
        let estate = self.call.estate;
        let accounts = estate.accounts();
        let active = accounts.filter(|account| account.set.state == AccountState::Active);
        active.flat_map(move |account| {
            let regions = account.regions().iter().filter(|region| region.enabled);
            let id = account.id.clone();
            regions
                .filter(move |region| aggregator.collects_from(&id, &region.name))
                .map(move |region| Place {
                    estate,
                    account: account.clone(),
                    region,
                    kind: Kind::Recorder,
                })
        })
    }

    fn sources_status(&self) -> Result<Value, Refusal> {
        let aggregator = self.named()?;
        let asked_for = |status: &Value| {
            let wanted = &self.input.update_status;
            wanted.is_empty()
                || wanted
                    .iter()
                    .any(|wanted| status["LastUpdateStatus"] == wanted.as_str())
        };
        let statuses: Vec<Value> = self
            .sources(aggregator)
            .map(|place| self.status(aggregator, &place))
            .filter(asked_for)
            .collect();
        let page = self.place(statuses.len(), MOST_ON_A_PAGE)?;
        let entries = &statuses[page.range.clone()];
        Ok(with_token(json!({ "AggregatedSourceStatusList": entries }), page))
    }

    fn status(&self, aggregator: &Aggregator, place: &Place<'_>) -> Value {
        let trouble = aggregator.trouble(&place.account.id, &place.region.name);
        let since = trouble.map_or(self.call.estate.as_of, |trouble| trouble.since);
        let mut status = json!({
            "SourceId": place.account.id,
            "SourceType": "ACCOUNT",
            "AwsRegion": place.region.name,
            "LastUpdateStatus": "SUCCEEDED",
            "LastUpdateTime": since.as_second(),
        });
        if let Some(trouble) = trouble {
            status["LastUpdateStatus"] = json!(trouble.status);
            let texts = [
                ("LastErrorCode", &trouble.error_code),
                ("LastErrorMessage", &trouble.error_message),
            ];
            for (name, text) in texts {
                if let Some(text) = text {
                    status[name] = text.as_str().into();
                }
            }
        }
        status
    }

    fn select(&self) -> Result<Value, Refusal> {
        let aggregator = self.named()?;
        let expression = self.input.expression.as_deref().unwrap_or_default();
        if !(1..=4096).contains(&expression.len()) {
            let message = "1 validation error detected: Value at 'expression' failed to satisfy constraint: Member must \
                           have length between 1 and 4096";
            return Err(Refusal::new("ValidationException", message));
        }
        let query = Query::parse(expression).map_err(|what| Refusal::new("InvalidExpressionException", what))?;
        let kinds: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| query.allows("resourceType", kind.name()))
            .collect();
        let places = self.sources(aggregator).filter(|place| {
            query.allows("accountId", &place.account.id) && query.allows("awsRegion", &place.region.name)
        });
        let places: Vec<(Place<'_>, usize)> = places
            .flat_map(|place| {
                kinds.iter().map(move |kind| Place {
                    kind: *kind,
                    account: place.account.clone(),
                    ..place
                })
            })
            .map(|place| {
                let len = place.len();
                (place, len)
            })
            .collect();
        let page = self.place(places.iter().map(|(_, len)| len).sum(), ROWS_ON_A_PAGE)?;
        let mut rows = Vec::with_capacity(page.range.len());
        let mut before = 0;
        for (place, len) in &places {
            let here = page.range.start.max(before)..page.range.end.min(before + len);
            let items = here.filter_map(|position| place.item(position - before));
            rows.extend(items.map(|item| query.select(&item).to_string()));
            before += len;
        }
        let fields: Vec<Value> = query.properties.iter().map(|name| json!({ "Name": name })).collect();
        Ok(with_token(
            json!({ "Results": rows, "QueryInfo": { "SelectFields": fields } }),
            page,
        ))
    }
}

fn with_token(mut body: Value, page: Page) -> Value {
    if let Some(next) = page.next {
        body["NextToken"] = next.into();
    }
    body
}

fn no_such_aggregator() -> Refusal {
    let message =
        "The configuration aggregator does not exist. Check the configuration aggregator name and try again.";
    Refusal::new("NoSuchConfigurationAggregatorException", message)
}

#[cfg(test)]
mod tests;
