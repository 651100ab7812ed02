//! Grants.

use super::checked::{check_count, past};
use super::file::{At, GrantFile, KeyFile};
use super::{Problem, one_of};
use crate::sandbox::keys::grants::{Constraints, Grant, Grantee, NUMBER, grant_operations};
use crate::sandbox::keys::lifecycle::Creation;
use crate::sandbox::keys::spec::{KeySpec, SYMMETRIC_DEFAULT, Usage};
use crate::sandbox::keys::text::KeyText;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The grants of the keys of a section. What is refused is what
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html> says that KMS refuses.
pub(super) fn grants(
    file: &KeyFile,
    spec: &KeySpec,
    usage: &Usage,
    created: Creation,
    as_of: Timestamp,
) -> Result<Vec<Grant>, Problem> {
    let mut total = 0_u32;
    let mut grants = Vec::with_capacity(file.grants.len());
    for file in &file.grants {
        let grant = grant(file, spec, usage, created, as_of)?;
        total = total
            .checked_add(grant.count)
            .ok_or_else(|| Problem::new(file.span(), "more grants than a key can have; count fewer"))?;
        grants.push(grant);
    }
    Ok(grants)
}

fn grant(
    file: &At<GrantFile>,
    spec: &KeySpec,
    usage: &Usage,
    created: Creation,
    as_of: Timestamp,
) -> Result<Grant, Problem> {
    let grantee = who(file.grantee.as_ref(), file.grantee_service.as_ref(), "grantee")?;
    let retiring = who(file.retiring.as_ref(), file.retiring_service.as_ref(), "retiring")?;
    let Some(grantee) = grantee else {
        return Err(Problem::new(
            file.span(),
            "a grant is for somebody; add grantee = \"arn:{partition}:iam::{account}:role/app\", or grantee_service",
        ));
    };
    let needs_more = file.source_arn.is_none() || retiring.is_none();
    if let Some(service) = file.grantee_service.as_ref().filter(|_| needs_more) {
        return Err(Problem::new(
            service.span(),
            "a grant for a service needs source_arn, and retiring or retiring_service; add them",
        ));
    }
    let count = check_count(file.count.as_ref(), "grant")?;
    if let Some(name) = file.name.as_ref().filter(|_| count > 1 && !has_number(file)) {
        return Err(Problem::new(
            name.span(),
            "a grant with the name and all else of another is that other: put {grant} into name, grantee or retiring",
        ));
    }
    Ok(Grant {
        count,
        grantee,
        retiring,
        operations: operations(file, spec, usage)?,
        name: file.name.as_ref().map(name).transpose()?,
        constraints: Constraints {
            encryption_context_subset: context(file, &file.encryption_context_subset, spec)?,
            encryption_context_equals: context(file, &file.encryption_context_equals, spec)?,
            source_arn: file.source_arn.as_ref().map(source_arn).transpose()?,
        },
        created: match &file.created {
            None => None,
            Some(given) => {
                let at = past(given.0, as_of, given.span())?;
                if at < created.last {
                    let what = format!(
                        "the last of these keys was created at {}; use a later instant",
                        created.last
                    );
                    return Err(Problem::new(given.span(), what));
                }
                Some(at)
            }
        },
    })
}

fn has_number(file: &GrantFile) -> bool {
    let texts = [&file.name, &file.grantee, &file.retiring];
    texts.into_iter().flatten().any(|text| text.contains(NUMBER))
}

fn operations(file: &GrantFile, spec: &KeySpec, usage: &Usage) -> Result<Vec<&'static str>, Problem> {
    let possible = grant_operations(spec, usage);
    if file.operations.is_empty() {
        let what = format!("a grant allows something; use {}", one_of(possible));
        return Err(Problem::new(file.operations.span(), what));
    }
    let known = |written: &At<String>| {
        let operation = possible.iter().find(|operation| **operation == **written);
        operation.copied().ok_or_else(|| {
            let (spec, usage, written_name) = (spec.name, usage.name, &**written);
            let possible = one_of(possible.iter().copied());
            let what = format!("no grant of a key of {spec} for {usage} allows `{written_name}`; use {possible}");
            Problem::new(written.span(), what)
        })
    };
    file.operations.iter().map(known).collect()
}

fn who(
    principal: Option<&At<String>>,
    service: Option<&At<String>>,
    role: &str,
) -> Result<Option<Grantee>, Problem> {
    match (principal, service) {
        (None, None) => Ok(None),
        (Some(principal), None) => {
            // `PrincipalIdType` of the API model.
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
            let text = filled(principal);
            if !(1..=256).contains(&text.len()) || !text.bytes().all(is_allowed) {
                return Err(Problem::new(
                    principal.span(),
                    format!(
                        "`{text}` is no principal; use an ARN such as arn:{{partition}}:iam::{{account}}:role/app"
                    ),
                ));
            }
            Ok(Some(Grantee::Principal(KeyText::new(principal))))
        }
        (None, Some(service)) => {
            // `ServicePrincipalType` of the API model.
            let labels: Vec<&str> = service.split('.').collect();
            let is_label = |label: &&str| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            };
            if labels.len() < 3 || service.len() > 128 || !labels.iter().all(is_label) {
                let what = format!(
                    "`{}` is no service principal; use one such as ec2.amazonaws.com",
                    **service
                );
                return Err(Problem::new(service.span(), what));
            }
            Ok(Some(Grantee::Service(service.to_string())))
        }
        (Some(_), Some(service)) => Err(Problem::new(
            service.span(),
            format!("use either {role} or {role}_service"),
        )),
    }
}

fn name(written: &At<String>) -> Result<KeyText, Problem> {
    // `GrantNameType` of the API model.
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte);
    let text = filled(written);
    if (1..=256).contains(&text.len()) && text.bytes().all(is_allowed) {
        return Ok(KeyText::new(written));
    }
    Err(Problem::new(
        written.span(),
        "the name of a grant has 1 to 256 letters, digits and :/_-",
    ))
}

fn context(
    file: &GrantFile,
    pairs: &BTreeMap<String, At<String>>,
    spec: &KeySpec,
) -> Result<Vec<(KeyText, KeyText)>, Problem> {
    let problem = if !pairs.is_empty() && spec != SYMMETRIC_DEFAULT {
        "only operations with a symmetric encryption key have an encryption context; remove this constraint"
    } else if pairs.len() > 8 {
        "an encryption context constraint has at most 8 pairs; remove some"
    } else if pairs.values().any(|value| filled(value).len() > 384) {
        "a value in an encryption context constraint has at most 384 characters; use a shorter one"
    } else {
        let texts = pairs
            .iter()
            .map(|(name, value)| (KeyText::new(name), KeyText::new(value)));
        return Ok(texts.collect());
    };
    let at = pairs.values().next().map_or_else(|| file.operations.span(), At::span);
    Err(Problem::new(at, problem))
}

fn source_arn(written: &At<String>) -> Result<KeyText, Problem> {
    // `GrantConstraintSourceArnType` of the API model.
    let text = filled(written);
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_arn = matches!(
        parts[..],
        ["arn", partition, service, _, account, resource]
            if partition.starts_with("aws")
                && !service.is_empty()
                && account.len() == 12
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && !resource.is_empty()
    );
    if is_arn && (20..=512).contains(&text.len()) {
        return Ok(KeyText::new(written));
    }
    Err(Problem::new(
        written.span(),
        format!("`{text}` is no ARN of a resource of an account; use one with its 12 digits, or {{account}}"),
    ))
}

/// A text as it is for some grant of some key.
fn filled(written: &str) -> String {
    KeyText::new(written)
        .filled(1, "000000000000", "us-east-1", "aws")
        .replace(NUMBER, "1")
}
