//! Which key the default encryption of a bucket names.

use crate::facts::Key;

/// The key of the bucket's Region that `kms_key` names: a key id, a key ARN, an alias name or an alias ARN. `None`
/// where it names none of these keys, as the key of another account.
pub fn bucket_key<'k>(kms_key: &str, keys: &'k [Key]) -> Option<&'k Key> {
    keys.iter().find(|key| {
        let alias = match kms_key.split_once(":alias/") {
            None => kms_key,
            // The ARN of an alias names the account and the Region; both are those of the key's own ARN.
            Some((place, _)) => match key.arn.as_str().split_once(":key/") {
                Some((own, _)) if own == place => &kms_key[place.len() + 1..],
                _ => return false,
            },
        };
        key.arn.as_str() == kms_key || key.key_id == kms_key || key.aliases.iter().any(|own| own == alias)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::examples;

    #[test]
    fn a_key_is_found_by_each_of_its_names_and_by_no_other() {
        let mut key = examples::key(&[]);
        key.aliases = vec!["alias/invoices".into(), "alias/papers/2026".into()];
        let (id, arn) = (key.key_id.clone(), key.arn.clone());
        let keys = [examples::key(&[]), key];
        for name in [
            id.as_str(),
            arn.as_str(),
            "alias/papers/2026",
            "arn:aws:kms:eu-west-3:111122223333:alias/invoices",
        ] {
            assert_eq!(bucket_key(name, &keys).map(|key| &key.arn), Some(&arn), "{name}");
        }
        for other in [
            "arn:aws:kms:eu-west-3:444455556666:alias/invoices",
            "arn:aws:kms:us-east-1:111122223333:alias/invoices",
            "alias/aws/s3",
            "invoices",
            "",
        ] {
            assert_eq!(bucket_key(other, &keys), None, "{other}");
        }
    }
}
