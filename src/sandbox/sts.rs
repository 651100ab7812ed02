//! AWS STS: the query protocol.

use super::Call;
use super::faults::Subject;
use super::request::{Reply, Response, form_value};
use super::service::{QUERY_XML, Service, push_element};

pub(super) fn answer(call: &Call<'_>) -> Reply {
    let form = std::str::from_utf8(call.request.body).unwrap_or_default();
    let action = form_value(form, "Action").unwrap_or_default();
    let subject = Subject {
        operation: &action,
        ..Subject::default()
    };
    call.answer(&subject, |_| match action.as_ref() {
        "GetCallerIdentity" => Ok(Response::ok(QUERY_XML, get_caller_identity(call))),
        other => Err(Service::Sts.unknown_operation(other)),
    })
}

fn get_caller_identity(call: &Call<'_>) -> String {
    let account = &call.estate.account;
    let arn = &account.caller_arn;
    let user_id = match arn.split_once(":assumed-role/") {
        Some((_, role)) => {
            let session = role.rsplit('/').next().unwrap_or_default();
            format!("AROAEXAMPLEEXAMPLE:{session}")
        }
        None => "AIDAEXAMPLEEXAMPLE".to_owned(),
    };
    let mut xml = String::from(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult>",
    );
    push_element(&mut xml, "Arn", arn);
    push_element(&mut xml, "UserId", &user_id);
    push_element(&mut xml, "Account", &account.id);
    xml.push_str("</GetCallerIdentityResult><ResponseMetadata>");
    push_element(&mut xml, "RequestId", &call.request_id);
    xml.push_str("</ResponseMetadata></GetCallerIdentityResponse>");
    xml
}

#[cfg(test)]
mod tests {
    use super::super::{Sandbox, testing};
    use aws_sdk_sts::error::ProvideErrorMetadata;
    use aws_sdk_sts::operation::RequestId;

    #[tokio::test]
    async fn the_caller_is_who_the_estate_says() {
        let sandbox = Sandbox::built_in().unwrap();
        let sts = testing::sts(&sandbox, sandbox.home_region());
        let identity = sts.get_caller_identity().send().await.unwrap();
        assert_eq!(identity.account(), Some("111122223333"));
        let arn = "arn:aws:sts::111122223333:assumed-role/security-audit/kms-audit";
        assert_eq!(identity.arn(), Some(arn));
        assert_eq!(identity.user_id(), Some("AROAEXAMPLEEXAMPLE:kms-audit"));
        assert!(identity.request_id().is_some());
    }

    #[tokio::test]
    async fn other_actions_and_disabled_regions_are_refused() {
        let sandbox = testing::sandbox(testing::SMALL);
        let sts = testing::sts(&sandbox, "eu-west-3");
        let error = sts.get_session_token().send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidAction"));
        let sts = testing::sts(&sandbox, "ap-east-1");
        let error = sts.get_caller_identity().send().await.unwrap_err();
        assert_eq!(error.code(), Some("InvalidClientTokenId"));
    }
}
