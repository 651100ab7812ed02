//! The kinds of key material that KMS knows, and what each can be used for.
//!
//! From the API model of KMS (`KeySpec`, `KeyUsageType` and the algorithm lists of `KeyMetadata`)
//! and <https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html>.

/// A key spec and the uses that keys of it may be created for.
#[derive(Debug, PartialEq, Eq)]
pub struct KeySpec {
    pub name: &'static str,
    /// The first is what an estate file gets when it names no usage.
    pub usages: &'static [Usage],
}

/// A use of a key, with the algorithms that DescribeKey lists for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage {
    pub name: &'static str,
    /// The member of `KeyMetadata` that has the algorithms.
    pub member: &'static str,
    pub algorithms: &'static [&'static str],
}

const fn usage(name: &'static str, member: &'static str, algorithms: &'static [&'static str]) -> Usage {
    Usage {
        name,
        member,
        algorithms,
    }
}

const fn encrypt(algorithms: &'static [&'static str]) -> Usage {
    usage("ENCRYPT_DECRYPT", "EncryptionAlgorithms", algorithms)
}

const fn sign(algorithms: &'static [&'static str]) -> Usage {
    usage("SIGN_VERIFY", "SigningAlgorithms", algorithms)
}

const fn mac(algorithms: &'static [&'static str]) -> Usage {
    usage("GENERATE_VERIFY_MAC", "MacAlgorithms", algorithms)
}

const AGREE: Usage = usage("KEY_AGREEMENT", "KeyAgreementAlgorithms", &["ECDH"]);

const SYMMETRIC: &[Usage] = &[encrypt(&["SYMMETRIC_DEFAULT"])];
const RSA: &[Usage] = &[
    encrypt(&["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]),
    sign(&[
        "RSASSA_PKCS1_V1_5_SHA_256",
        "RSASSA_PKCS1_V1_5_SHA_384",
        "RSASSA_PKCS1_V1_5_SHA_512",
        "RSASSA_PSS_SHA_256",
        "RSASSA_PSS_SHA_384",
        "RSASSA_PSS_SHA_512",
    ]),
];
const SM2: &[Usage] = &[encrypt(&["SM2PKE"]), sign(&["SM2DSA"]), AGREE];
const ML_DSA: &[Usage] = &[sign(&["ML_DSA_SHAKE_256"])];

const ML_KEM: &[Usage] = &[usage("ENCAPSULATE_DECAPSULATE", "EncapsulationAlgorithms", &["ML_KEM"])];

const fn spec(name: &'static str, usages: &'static [Usage]) -> KeySpec {
    KeySpec { name, usages }
}

/// Every key spec. The first is the default.
pub const KEY_SPECS: &[KeySpec] = &[
    spec("SYMMETRIC_DEFAULT", SYMMETRIC),
    spec("RSA_2048", RSA),
    spec("RSA_3072", RSA),
    spec("RSA_4096", RSA),
    spec("ECC_NIST_P256", &[sign(&["ECDSA_SHA_256"]), AGREE]),
    spec("ECC_NIST_P384", &[sign(&["ECDSA_SHA_384"]), AGREE]),
    spec("ECC_NIST_P521", &[sign(&["ECDSA_SHA_512"]), AGREE]),
    spec("ECC_SECG_P256K1", &[sign(&["ECDSA_SHA_256"])]),
    spec(
        "ECC_NIST_EDWARDS25519",
        &[sign(&["ED25519_SHA_512", "ED25519_PH_SHA_512"])],
    ),
    spec("HMAC_224", &[mac(&["HMAC_SHA_224"])]),
    spec("HMAC_256", &[mac(&["HMAC_SHA_256"])]),
    spec("HMAC_384", &[mac(&["HMAC_SHA_384"])]),
    spec("HMAC_512", &[mac(&["HMAC_SHA_512"])]),
    spec("SM2", SM2),
    spec("ML_DSA_44", ML_DSA),
    spec("ML_DSA_65", ML_DSA),
    spec("ML_DSA_87", ML_DSA),
    spec("ML_KEM_512", ML_KEM),
    spec("ML_KEM_768", ML_KEM),
    spec("ML_KEM_1024", ML_KEM),
];

/// The spec of keys that name none, and of every AWS managed key.
pub const SYMMETRIC_DEFAULT: &KeySpec = &KEY_SPECS[0];

impl KeySpec {
    /// The spec with this name.
    pub fn named(name: &str) -> Option<&'static KeySpec> {
        KEY_SPECS.iter().find(|spec| spec.name == name)
    }

    /// The usage with this name, if keys of this spec can have it.
    pub fn usage(&self, name: &str) -> Option<&'static Usage> {
        self.usages.iter().find(|usage| usage.name == name)
    }
}
