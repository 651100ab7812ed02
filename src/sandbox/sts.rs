//! AWS STS: the query protocol.

use super::call::Call;
use super::estate::{AccountState, Role};
use super::faults::Subject;
use super::request::{Reply, Response, form_value};
use super::service::{QUERY_XML, Refusal, Service, push_element};
use super::session::Session;
use jiff::Timestamp;
use std::borrow::Cow;

/// Sessions of roles that were assumed with the credentials of a role: role chaining.
const LONGEST_CHAINED_SESSION: u32 = 3600;

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let form = std::str::from_utf8(call.request.body).unwrap_or_default();
    let action = form_value(form, "Action").unwrap_or_default();
    let subject = Subject {
        operation: &action,
        ..Subject::default()
    };
    call.answer(&subject, |_| {
        let result = match action.as_ref() {
            "GetCallerIdentity" => get_caller_identity(call),
            "AssumeRole" => assume_role(call, form)?,
            other => return Err(Service::Sts.unknown_operation(other)),
        };
        let mut xml = format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{result}\
             </{action}Result><ResponseMetadata>"
        );
        push_element(&mut xml, "RequestId", &call.request_id);
        xml.push_str(&format!("</ResponseMetadata></{action}Response>"));
        Ok(Response::ok(QUERY_XML, xml))
    })
}

fn get_caller_identity(call: &Call<'_>) -> String {
    let mut xml = String::new();
    push_element(&mut xml, "Arn", &call.identity.arn);
    push_element(&mut xml, "UserId", &call.identity.user_id());
    push_element(&mut xml, "Account", &call.identity.account.id);
    xml
}

fn assume_role(call: &Call<'_>, form: &str) -> Result<String, Refusal> {
    let arn = parameter(form, "RoleArn", 20..=2048)?;
    let name = parameter(form, "RoleSessionName", 2..=64)?;
    let role = trusting_role(call, form, &arn)?;
    let seconds = duration(call, form, role)?;
    let now = Timestamp::now();
    let session = Session {
        account: arn.split(':').nth(4).unwrap_or_default().to_owned(),
        role: role.name.clone(),
        name: name.into_owned(),
        expires: now.as_second() + i64::from(seconds),
        serial: call.serial,
    };
    let expiration = Timestamp::from_second(session.expires).unwrap_or(now);
    let mut xml = String::from("<Credentials>");
    push_element(&mut xml, "AccessKeyId", &session.access_key_id());
    push_element(&mut xml, "SecretAccessKey", &session.secret_access_key());
    push_element(&mut xml, "SessionToken", &session.token());
    push_element(&mut xml, "Expiration", &expiration.to_string());
    xml.push_str("</Credentials><AssumedRoleUser>");
    push_element(&mut xml, "AssumedRoleId", &session.user_id());
    push_element(&mut xml, "Arn", &session.arn(&call.estate.partition));
    xml.push_str("</AssumedRoleUser>");
    if let Some(source) = form_value(form, "SourceIdentity") {
        push_element(&mut xml, "SourceIdentity", &source);
    }
    Ok(xml)
}

/// A parameter that has to be there, with as many characters as the model allows it.
fn parameter<'a>(
    form: &'a str,
    name: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<Cow<'a, str>, Refusal> {
    let value = form_value(form, name).unwrap_or_default();
    if length.contains(&value.chars().count()) {
        return Ok(value);
    }
    Err(Refusal::new(
        "ValidationError",
        format!(
            "1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have length \
             from {} to {}",
            length.start(),
            length.end()
        ),
    ))
}

/// The role with this ARN, if its trust policy lets the caller in.
///
/// STS does not tell an account or a role that is not there from one that does not trust.
fn trusting_role<'a>(call: &Call<'a>, form: &str, arn: &str) -> Result<&'a Role, Refusal> {
    let denied = || {
        let caller = &call.identity.arn;
        let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        Refusal::new("AccessDenied", message).with_status(403)
    };
    let mut parts = arn.splitn(6, ':').skip(1);
    let (partition, service) = (parts.next(), parts.next());
    let (account, resource) = (parts.nth(1), parts.next());
    let (Some(account), Some(name)) = (account, resource.and_then(|resource| resource.strip_prefix("role/")))
    else {
        return Err(Refusal::new("ValidationError", format!("{arn} is invalid")));
    };
    if partition != Some(call.estate.partition.as_str()) || service != Some("iam") {
        return Err(denied());
    }
    let account = call.estate.account(account).ok_or_else(denied)?;
    let role = account.set.roles.iter().find(|role| role.name == name);
    let role = role.ok_or_else(denied)?;
    let trusts = role.trusts.contains(&call.identity.account.id);
    let external_id = form_value(form, "ExternalId");
    let knows = role
        .external_id
        .as_deref()
        .is_none_or(|wanted| external_id.as_deref() == Some(wanted));
    if trusts && knows && account.set.state == AccountState::Active {
        return Ok(role);
    }
    Err(denied())
}

fn duration(call: &Call<'_>, form: &str, role: &Role) -> Result<u32, Refusal> {
    let Some(given) = form_value(form, "DurationSeconds") else {
        return Ok(3600);
    };
    let problem = match given.parse::<u32>() {
        Ok(seconds @ 900..=43_200) => {
            if call.identity.session.is_some() && seconds > LONGEST_CHAINED_SESSION {
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
            } else if seconds > role.max_session_seconds {
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            } else {
                return Ok(seconds);
            }
        }
        _ => {
            "1 validation error detected: Value at 'durationSeconds' failed to satisfy constraint: Member must have \
             value from 900 to 43200"
        }
    };
    Err(Refusal::new("ValidationError", problem))
}

#[cfg(test)]
mod tests;
