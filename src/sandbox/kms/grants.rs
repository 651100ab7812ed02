//! ListGrants.

use super::List;
use crate::sandbox::keys::Key;
use crate::sandbox::keys::grants::{Grant, Grantee, NUMBER};
use crate::sandbox::keys::id::KeyIds;
use crate::sandbox::keys::metadata::seconds;
use crate::sandbox::keys::text::KeyText;
use crate::sandbox::service::Refusal;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// One of the grants of a key.
struct OneGrant<'a> {
    grant: &'a Grant,
    /// From 1 up, as it stands in its texts.
    n: u32,
    /// The number among all grants of its key.
    number: u32,
}

pub(super) fn list_grants(list: &List<'_>, key: &Key<'_>) -> Result<String, Refusal> {
    let input = list.input;
    let (principal, service) = (&input.grantee_principal, &input.grantee_service_principal);
    if principal.is_some() && service.is_some() {
        return Err(Refusal::new(
            "ValidationException",
            "You can specify either GranteePrincipal or GranteeServicePrincipal, but not both.",
        ));
    }
    let ids = KeyIds::new(&format!("{}/grants", key.arn()));
    let wanted = input.grant_id.as_deref().map(|id| ids.grant_number(id));
    let is_wanted = |grant: &OneGrant<'_>| {
        wanted.is_none_or(|number| number == Some(grant.number))
            && principal.as_ref().is_none_or(|principal| grant.is_of(key, principal))
            && service.as_ref().is_none_or(|service| grant.is_of_service(service))
    };
    let grants: Vec<OneGrant<'_>> = grants_of(key).filter(is_wanted).collect();
    if wanted.is_some() && grants.is_empty() {
        return Err(Refusal::new("InvalidGrantIdException", "Grant ID is not valid."));
    }
    let page = list.place(grants.len(), 50, 100)?;
    let entries = grants[page.range.clone()].iter().map(|grant| grant.entry(key, ids));
    Ok(list.answer("Grants", entries.collect(), page))
}

fn grants_of<'a>(key: &Key<'a>) -> impl Iterator<Item = OneGrant<'a>> {
    let grants = key.template().grants.iter();
    let each = grants.flat_map(|grant| (1..=grant.count).map(move |n| (grant, n)));
    each.zip(0..).map(|((grant, n), number)| OneGrant { grant, n, number })
}

impl OneGrant<'_> {
    fn text(&self, text: &KeyText, key: &Key<'_>) -> String {
        key.fill(text).replace(NUMBER, &self.n.to_string())
    }

    fn is_of(&self, key: &Key<'_>, wanted: &str) -> bool {
        match &self.grant.grantee {
            Grantee::Principal(principal) => self.text(principal, key) == wanted,
            Grantee::Service(_) => false,
        }
    }

    fn is_of_service(&self, wanted: &str) -> bool {
        matches!(&self.grant.grantee, Grantee::Service(service) if service == wanted)
    }

    fn entry(&self, key: &Key<'_>, ids: KeyIds) -> Value {
        let grant = self.grant;
        let (partition, account) = (key.keys.partition, key.keys.account);
        let created = grant.created.map(Timestamp::as_millisecond);
        let mut entry = json!({
            "KeyId": key.arn(),
            "GrantId": ids.of_grant(self.number),
            "CreationDate": seconds(created.unwrap_or_else(|| key.created_millisecond())),
            "IssuingAccount": format!("arn:{partition}:iam::{account}:root"),
            "Operations": grant.operations,
        });
        if let Some(name) = &grant.name {
            entry["Name"] = self.text(name, key).into();
        }
        for (role, who) in [("Grantee", Some(&grant.grantee)), ("Retiring", grant.retiring.as_ref())] {
            match who {
                Some(Grantee::Principal(principal)) => {
                    entry[format!("{role}Principal")] = self.text(principal, key).into();
                }
                Some(Grantee::Service(service)) => {
                    entry[format!("{role}ServicePrincipal")] = service.as_str().into();
                }
                None => {}
            }
        }
        let constraints = self.constraints(key);
        if !constraints.is_empty() {
            entry["Constraints"] = Value::Object(constraints);
        }
        entry
    }

    fn constraints(&self, key: &Key<'_>) -> Map<String, Value> {
        let constraints = &self.grant.constraints;
        let mut members = Map::new();
        for (member, pairs) in [
            ("EncryptionContextSubset", &constraints.encryption_context_subset),
            ("EncryptionContextEquals", &constraints.encryption_context_equals),
        ] {
            if !pairs.is_empty() {
                let filled = pairs.iter().map(|(name, value)| {
                    let value = Value::from(self.text(value, key));
                    (self.text(name, key), value)
                });
                members.insert(member.to_owned(), Value::Object(filled.collect()));
            }
        }
        if let Some(arn) = &constraints.source_arn {
            members.insert("SourceArn".to_owned(), self.text(arn, key).into());
        }
        members
    }
}
