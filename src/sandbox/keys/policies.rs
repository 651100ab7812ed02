//! Key policies.

use super::text::KeyText;

/// The policies of a key.
#[derive(Clone, Debug)]
pub struct Policies {
    pub default: KeyText,
    /// What AWS RAM writes when a key is shared.
    pub ram: Option<KeyText>,
}

impl Policies {
    /// The policy that CreateKey attaches when it is given none: the example of GetKeyPolicy in the API model.
    pub fn of_a_new_key() -> Policies {
        Policies {
            default: KeyText::new(DEFAULT),
            ram: None,
        }
    }

    /// The policy of the AWS managed key of a service, which lets everybody in the account use it, through the service.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
    pub fn of_an_aws_managed_key(service: &str, partition: &str) -> Policies {
        // EBS volumes are EC2's to attach.
        let via = if service == "ebs" { "ec2" } else { service };
        let text = AWS_MANAGED
            .replace("{service}", service)
            .replace("{SERVICE}", &service.to_ascii_uppercase())
            .replace("{via}", via)
            .replace("{dns_suffix}", dns_suffix(partition));
        Policies {
            default: KeyText::new(&text),
            ram: None,
        }
    }

    /// The names of the policies.
    pub fn names(&self) -> &'static [&'static str] {
        match self.ram {
            None => &["default"],
            Some(_) => &["default", "AWS_RAM"],
        }
    }

    /// The policy with this name.
    pub fn named(&self, name: &str) -> Option<&KeyText> {
        match name {
            "default" => Some(&self.default),
            "AWS_RAM" => self.ram.as_ref(),
            _ => None,
        }
    }
}

/// What the names of a partition's endpoints end in.
fn dns_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    }
}

const DEFAULT: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:{partition}:iam::{account}:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;

const AWS_MANAGED: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "auto-{service}-1",
  "Statement" : [ {
    "Sid" : "Allow access through {SERVICE} for all principals in the account that are authorized to use {SERVICE}",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : "{account}",
        "kms:ViaService" : "{via}.{region}.{dns_suffix}"
      }
    }
  }, {
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:{partition}:iam::{account}:root"
    },
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
    "Resource" : "*"
  } ]
}"#;
