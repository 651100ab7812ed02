//! Which request quota a use of a key counts against.

use crate::facts::{Key, RequestQuota};

/// A pool of cryptographic operations: all keys of some specs share one request quota.
///
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestPool {
    /// `CryptographicOperationsSymmetric`: symmetric encryption keys and HMAC keys.
    Symmetric,
    /// `CryptographicOperationsRsa`: RSA keys.
    Rsa,
    /// `CryptographicOperationsEcc`: elliptic curve keys and SM2 keys.
    Ecc,
    /// `CryptographicOperationsMldsa`: ML-DSA keys.
    MlDsa,
}

impl RequestPool {
    /// The pool that a request quota limits; `None` where it limits none of these. Quotas are known by their codes:
    /// what their usage metrics are called is for Service Quotas to say.
    ///
    /// Source: <https://docs.aws.amazon.com/general/latest/gr/kms.html>.
    pub fn of_quota(quota: &RequestQuota) -> Option<RequestPool> {
        match quota.code.as_str() {
            "L-6E3AF000" => Some(RequestPool::Symmetric),
            "L-2AC98190" => Some(RequestPool::Rsa),
            "L-DC14942D" => Some(RequestPool::Ecc),
            "L-3C995F2B" => Some(RequestPool::MlDsa),
            _ => None,
        }
    }

    /// The pool that an operation with a key counts against, `key` being what was read of the key: `None` for one that
    /// is not among the keys of the Region. `None` is the answer where the operation has a quota of its own
    /// (`GenerateDataKeyPair`), or where it is not known which quota a key spec counts against.
    ///
    /// A key that is not among the keys of the Region is AWS managed, hence symmetric, or was deleted since. A key
    /// whose metadata could not be read counts as symmetric too, as most keys are: it is better named in a pool where
    /// it may not belong than left out of the one where it does.
    pub fn of_use(key: Option<&Key>, operation: &str) -> Option<RequestPool> {
        if operation.starts_with("GenerateDataKeyPair") {
            return None;
        }
        let Some(metadata) = key.and_then(|key| key.metadata.known()) else {
            return Some(RequestPool::Symmetric);
        };
        match metadata.spec.as_str() {
            "SYMMETRIC_DEFAULT" => Some(RequestPool::Symmetric),
            "SM2" => Some(RequestPool::Ecc),
            spec if spec.starts_with("HMAC_") => Some(RequestPool::Symmetric),
            spec if spec.starts_with("RSA_") => Some(RequestPool::Rsa),
            spec if spec.starts_with("ECC_") => Some(RequestPool::Ecc),
            spec if spec.starts_with("ML_DSA_") => Some(RequestPool::MlDsa),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, KeyMetadata, KeySpec, Region, examples};
    use crate::published;

    fn key(spec: &str) -> Key {
        let key = examples::key(&[]);
        let metadata = key.metadata.known().unwrap().clone();
        Key {
            metadata: Fact::Known(KeyMetadata {
                spec: KeySpec::from(spec),
                ..metadata
            }),
            ..key
        }
    }

    #[test]
    fn a_key_counts_against_the_pool_of_its_spec() {
        for (spec, pool) in [
            ("SYMMETRIC_DEFAULT", Some(RequestPool::Symmetric)),
            ("HMAC_512", Some(RequestPool::Symmetric)),
            ("RSA_4096", Some(RequestPool::Rsa)),
            ("ECC_NIST_EDWARDS25519", Some(RequestPool::Ecc)),
            ("SM2", Some(RequestPool::Ecc)),
            ("ML_DSA_65", Some(RequestPool::MlDsa)),
            ("ML_KEM_768", None),
            ("SOMETHING_NEW", None),
        ] {
            assert_eq!(RequestPool::of_use(Some(&key(spec)), "Decrypt"), pool, "{spec}");
        }
    }

    #[test]
    fn a_key_of_which_nothing_is_known_counts_as_symmetric() {
        let unread = Key {
            metadata: examples::denied("kms:DescribeKey"),
            ..examples::key(&[])
        };
        for key in [None, Some(&unread)] {
            assert_eq!(RequestPool::of_use(key, "Decrypt"), Some(RequestPool::Symmetric));
        }
    }

    #[test]
    fn key_pairs_have_quotas_of_their_own() {
        for operation in ["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"] {
            assert_eq!(RequestPool::of_use(Some(&key("SYMMETRIC_DEFAULT")), operation), None);
        }
    }

    #[test]
    fn every_published_pool_has_its_quota() {
        let quotas = published::request_quotas(&Region::new("eu-west-3"));
        let pools: Vec<_> = quotas
            .into_iter()
            .map(|published| RequestQuota {
                code: published.code.into(),
                pool: published.pool.into(),
                ..examples::quota(1.0, None)
            })
            .filter_map(|quota| Some((RequestPool::of_quota(&quota)?, quota.pool)))
            .collect();
        assert_eq!(
            pools,
            [
                (RequestPool::Rsa, "CryptographicOperationsRsa".to_owned()),
                (RequestPool::MlDsa, "CryptographicOperationsMldsa".to_owned()),
                (RequestPool::Symmetric, "CryptographicOperationsSymmetric".to_owned()),
                (RequestPool::Ecc, "CryptographicOperationsEcc".to_owned()),
            ]
        );
    }
}
