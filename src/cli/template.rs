//! The flags of `template`.

use clap::{Args, ValueEnum};

/// The flags of `template`.
#[derive(Debug, Args)]
pub struct TemplateArgs {
    /// Which one
    pub template: TemplateName,

    /// Print what this command needs
    ///
    /// And nothing else, where the template is `iam-policy`.
    #[arg(
        long = "for",
        value_enum,
        value_name = "COMMAND",
        env = "KMS_AUDIT_TEMPLATE_FOR",
        default_value_t
    )]
    pub purpose: PolicyPurpose,
}

/// What can be printed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum TemplateName {
    /// The IAM policy with every action the auditor uses in an account
    IamPolicy,
    /// The IAM policy with what it uses besides where it starts, to list the accounts of an organization and enter them
    OrganizationPolicy,
    /// The CloudFormation template with the read-only role for every account of an organization
    RoleStackset,
}

/// What an IAM policy is to allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PolicyPurpose {
    /// Everything: `scan`, and with it `quota`
    #[default]
    Scan,
    /// `quota` and nothing else
    Quota,
}
