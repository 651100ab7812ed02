//! List prices.

use std::fmt;
use std::ops::{Add, AddAssign, Mul};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::numbers::grouped;

/// What a KMS key costs a month, in every Region of the commercial partition, whatever its spec and origin; each
/// replica of a multi-Region key counts as a key of its own, and so does a disabled one. A key pending deletion is
/// free. The first two rotations add one dollar each.
///
/// Source: <https://aws.amazon.com/kms/pricing/>, read in 2026.
pub const KEY_MONTH: MicroDollars = MicroDollars(1_000_000);

/// What a request to a symmetric key costs beyond the free tier of 20,000 requests a month, in the commercial partition:
/// $0.03 for 10,000.
///
/// Source: <https://aws.amazon.com/kms/pricing/>, read in 2026.
pub const SYMMETRIC_REQUEST: MicroDollars = MicroDollars(3);

/// An amount of money: integer millionths of a US dollar. In JSON it is a number of dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MicroDollars(pub i64);

impl MicroDollars {
    /// The amount in dollars.
    pub fn dollars(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}

impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 + 5_000) / 10_000;
        write!(f, "${}.{:02}", grouped((cents / 100).unsigned_abs()), cents % 100)
    }
}

impl Add for MicroDollars {
    type Output = MicroDollars;
    fn add(self, other: MicroDollars) -> MicroDollars {
        MicroDollars(self.0 + other.0)
    }
}

impl AddAssign for MicroDollars {
    fn add_assign(&mut self, other: MicroDollars) {
        self.0 += other.0;
    }
}

impl Mul<u64> for MicroDollars {
    type Output = MicroDollars;
    fn mul(self, times: u64) -> MicroDollars {
        MicroDollars(self.0.saturating_mul(i64::try_from(times).unwrap_or(i64::MAX)))
    }
}

impl Serialize for MicroDollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for MicroDollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Ok(MicroDollars((dollars * 1_000_000.0).round() as i64))
    }
}

impl JsonSchema for MicroDollars {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "UsDollars".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "number", "description": "US dollars"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_with_cents_and_grouped_thousands() {
        assert_eq!((KEY_MONTH * 3_200).to_string(), "$3,200.00");
        assert_eq!(MicroDollars(5_000).to_string(), "$0.01");
        assert_eq!(MicroDollars(0).to_string(), "$0.00");
        assert_eq!((KEY_MONTH * 1_234_567).to_string(), "$1,234,567.00");
        assert_eq!((SYMMETRIC_REQUEST * 40_000_000).to_string(), "$120.00");
    }
}
