//! The JSON Schemas of the results, made of the types that are written.

use serde_json::Value;

use super::{FINDINGS, GAPS, INVENTORY, UNASSESSED, UnassessedRow};
use crate::assessment::KeyRow;
use crate::checks::Finding;
use crate::dataset::row_schema;
use crate::facts::Gap;

/// The JSON Schema of each table's rows, by the table's name.
pub fn results_schemas() -> Vec<(&'static str, Value)> {
    vec![
        (FINDINGS, row_schema::<Finding>("kms-audit results: findings")),
        (INVENTORY, row_schema::<KeyRow>("kms-audit results: inventory")),
        (GAPS, row_schema::<Gap>("kms-audit results: gaps")),
        (UNASSESSED, row_schema::<UnassessedRow>("kms-audit results: unassessed")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::testing::hold_in_the_documentation;

    #[test]
    fn each_schema_in_the_documentation_is_the_schema_of_its_table() {
        hold_in_the_documentation("results", &results_schemas());
    }
}
