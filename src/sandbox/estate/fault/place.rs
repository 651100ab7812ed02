//! Whether there are the calls that a fault is to strike.

use super::super::checked::unknown_region;
use super::{At, FaultFile, Problem, Scene, one_of, resources};
use crate::sandbox::faults::Kind;
use crate::sandbox::pattern::glob_matches;
use crate::sandbox::service::Service;

/// Refuses a fault that would never strike.
pub(super) fn check(file: &FaultFile, scene: &Scene<'_>) -> Result<(), Problem> {
    check_operation(file)?;
    check_paging(file)?;
    check_account(file, scene)?;
    if *file.kind == Kind::DeniedByScp {
        check_scp(file, scene)?;
    }
    check_region(file, scene)?;
    resources::check(file, scene)
}

fn check_operation(file: &FaultFile) -> Result<(), Problem> {
    let Some(operation) = &file.operation else {
        return Ok(());
    };
    let Some(service) = file.service else {
        let what = "an operation is one of a service; add one, such as service = \"kms\"";
        return Err(Problem::new(operation.span(), what));
    };
    if service.operations().contains(&operation.as_str()) {
        return Ok(());
    }
    let known = one_of(service.operations().iter().copied());
    let what = format!(
        "{} has no operation `{}` here; use {known}",
        service.action_prefix(),
        **operation
    );
    Err(Problem::new(operation.span(), what))
}

/// A list can only go wrong where there is one.
fn check_paging(file: &FaultFile) -> Result<(), Problem> {
    if !matches!(
        *file.kind,
        Kind::MissingMarker | Kind::EndlessMarker | Kind::EmptyPageTruncated
    ) {
        return Ok(());
    }
    if *file.kind == Kind::MissingMarker && file.service != Some(Service::Kms) {
        return Err(Problem::new(
            file.kind.span(),
            "only kms says Truncated beside its marker; use \"endless-marker\" or \"empty-page-truncated\", or service \
             = \"kms\"",
        ));
    }
    let Some(service) = file.service else {
        return Ok(());
    };
    let kind = file.kind.name();
    let prefix = service.action_prefix();
    let paged = one_of(
        service
            .operations()
            .iter()
            .copied()
            .filter(|name| service.has_pages(name)),
    );
    match &file.operation {
        Some(operation) if !service.has_pages(operation) => {
            let mut what = format!("{prefix}:{} has no pages, and so no kind = \"{kind}\"", **operation);
            if !paged.is_empty() {
                what += &format!("; use {paged}, or another kind");
            }
            Err(Problem::new(operation.span(), what))
        }
        None if paged.is_empty() => {
            let what = format!("no operation of {prefix} has pages, and so no kind = \"{kind}\"; use another kind");
            Err(Problem::new(file.kind.span(), what))
        }
        _ => Ok(()),
    }
}

fn check_account(file: &FaultFile, scene: &Scene<'_>) -> Result<(), Problem> {
    let Some(glob) = &file.account else {
        return Ok(());
    };
    if scene.ids().any(|id| glob_matches(glob, &id)) {
        return Ok(());
    }
    let what = format!(
        "no account of this estate is called `{}`; use an id of it, or `*`",
        **glob
    );
    Err(Problem::new(glob.span(), what))
}

fn check_region(file: &FaultFile, scene: &Scene<'_>) -> Result<(), Problem> {
    let Some(name) = &file.region else {
        return Ok(());
    };
    let mut regions = scene.accounts.iter().flat_map(|set| &set.regions);
    if regions.clone().all(|known| known.name != **name) {
        return Err(unknown_region(name, &mut regions));
    }
    // Global services do not ask whether an account has a Region.
    let Some(service) = file.service.filter(|service| !service.is_global()) else {
        return Ok(());
    };
    let mut sets = scene.accounts.iter();
    let is_reached = sets.any(|set| {
        let mut regions = set.regions.iter();
        regions.any(|region| region.enabled && region.name == **name)
            && set.accounts().any(|account| scene.strikes(file, &account.id))
    });
    if is_reached {
        return Ok(());
    }
    let what = format!(
        "no account that this fault strikes has `{}` enabled, and so {} answers none of them there; use another Region",
        **name,
        service.action_prefix()
    );
    Err(Problem::new(name.span(), what))
}

/// A service control policy needs an organization, and strikes its members only.
fn check_scp(file: &FaultFile, scene: &Scene<'_>) -> Result<(), Problem> {
    let Some(organization) = scene.organization else {
        return Err(Problem::new(
            file.kind.span(),
            "service control policies are an organization's: add an [organization] section, or use kind = \"error\"",
        ));
    };
    if let Some(operation) = file
        .operation
        .as_ref()
        .filter(|name| *name.as_str() == *"GetCallerIdentity")
    {
        return Err(Problem::new(
            operation.span(),
            "no policy can deny sts:GetCallerIdentity; remove the fault, or use kind = \"error\"",
        ));
    }
    if scene.ids().any(|id| scene.strikes(file, &id)) {
        return Ok(());
    }
    let at = file.account.as_ref().map_or(file.kind.span(), At::span);
    let what = format!(
        "service control policies never apply to the management account, {}; name a member account, or use kind = \
         \"error\"",
        organization.management_account
    );
    Err(Problem::new(at, what))
}
