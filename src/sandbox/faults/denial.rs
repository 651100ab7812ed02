//! Who is denied what, and in which words.

use super::super::Call;
use super::super::service::Service;
use super::Subject;

/// Whether a policy can deny this call. GetCallerIdentity needs no permission, and none can be taken away:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(super) fn can_be_denied(service: Service, subject: &Subject<'_>) -> bool {
    (service, subject.operation) != (Service::Sts, "GetCallerIdentity")
}

/// Whether service control policies apply to this call: never to the management account's.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>.
pub(super) fn scp_applies(call: &Call<'_>, subject: &Subject<'_>) -> bool {
    let organization = call.estate.organization.as_ref();
    organization.is_some_and(|organization| organization.management_account != call.identity.account.id)
        && can_be_denied(call.service, subject)
}

/// What a service says to those whom no policy allows what they ask for.
pub(super) fn not_allowed(call: &Call<'_>, subject: &Subject<'_>) -> String {
    let action = call.service.action(subject.operation);
    let denial = denial(call, subject, &action);
    format!("{denial} because no identity-based policy allows the {action} action")
}

/// What a service says to those whom a service control policy forbids what they ask for. Since 2026 it names the
/// policy: <https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns>.
pub(super) fn denied_by_scp(call: &Call<'_>, subject: &Subject<'_>) -> String {
    let action = call.service.action(subject.operation);
    let mut message = denial(call, subject, &action);
    message.push_str(" with an explicit deny in a service control policy");
    if let Some(organization) = &call.estate.organization {
        message.push_str(": ");
        message.push_str(&organization.policy_arn(&call.estate.partition));
    }
    message
}

fn denial(call: &Call<'_>, subject: &Subject<'_>, action: &str) -> String {
    let partition = &call.estate.partition;
    let resource = match (subject.key, subject.bucket) {
        (Some(key), _) => key.arn(),
        (None, Some(bucket)) => format!("arn:{partition}:s3:::{bucket}"),
        (None, None) => "*".to_owned(),
    };
    let caller = &call.identity.arn;
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource}")
}
