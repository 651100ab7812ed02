//! Who is denied what, and in which words.

use super::super::service::Service;
use super::Asked;
use super::Subject;

/// Whether a policy can deny this call. GetCallerIdentity needs no permission, and none can be taken away:
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
pub(super) fn can_be_denied(service: Service, subject: &Subject<'_>) -> bool {
    (service, subject.operation) != (Service::Sts, "GetCallerIdentity")
}

/// Whether service control policies apply to this call: never to the management account's.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html>.
pub(super) fn scp_applies(call: &Asked<'_>, subject: &Subject<'_>) -> bool {
    let organization = call.organization;
    organization.is_some_and(|organization| organization.management_account != call.account)
        && can_be_denied(call.service, subject)
}

/// What a service says to those whom no policy allows what they ask for.
pub(super) fn not_allowed(call: &Asked<'_>, subject: &Subject<'_>) -> String {
    let action = call.service.action(subject.operation);
    let denial = denial(call, subject, &action);
    format!("{denial} because no identity-based policy allows the {action} action")
}

/// What a service says to those whom a service control policy forbids what they ask for. Since 2026 it names the
/// policy: <https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns>.
pub(super) fn denied_by_scp(call: &Asked<'_>, subject: &Subject<'_>) -> String {
    let action = call.service.action(subject.operation);
    let mut message = denial(call, subject, &action);
    message.push_str(" with an explicit deny in a service control policy");
    if let Some(organization) = call.organization {
        message.push_str(": ");
        message.push_str(&organization.policy_arn(call.partition));
    }
    message
}

fn denial(call: &Asked<'_>, subject: &Subject<'_>, action: &str) -> String {
    let partition = call.partition;
    let resource = match (subject.key, subject.bucket) {
        (Some(key), _) => key.arn(),
        (None, Some(bucket)) => format!("arn:{partition}:s3:::{bucket}"),
        (None, None) => "*".to_owned(),
    };
    let caller = call.caller_arn;
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource}")
}
