//! The JSON Schemas of the snapshot, made of the types that are written.

use serde_json::Value;

use super::Table;
use super::rows::{AccountRow, OwnedAlarmRow, OwnedKeyRow, OwnedQuotaRow, RegionRow, ScanFile};
use crate::dataset::row_schema;
use crate::facts::{Bucket, Gap, Trail};

/// The JSON Schema of each table's rows, by the table's name, and that of `scan.json` under `scan`.
pub fn snapshot_schemas() -> Vec<(&'static str, Value)> {
    let of_tables = Table::ALL.map(|table| (table.name(), of_rows(table)));
    std::iter::once(("scan", row_schema::<ScanFile>("kms-audit snapshot: scan.json")))
        .chain(of_tables)
        .collect()
}

fn of_rows(table: Table) -> Value {
    let title = format!("kms-audit snapshot: {}", table.name());
    match table {
        Table::Accounts => row_schema::<AccountRow>(&title),
        Table::Regions => row_schema::<RegionRow>(&title),
        Table::Keys => row_schema::<OwnedKeyRow>(&title),
        Table::Quotas => row_schema::<OwnedQuotaRow>(&title),
        Table::Buckets => row_schema::<Bucket>(&title),
        Table::Alarms => row_schema::<OwnedAlarmRow>(&title),
        Table::Trails => row_schema::<Trail>(&title),
        Table::Gaps => row_schema::<Gap>(&title),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::testing::hold_in_the_documentation;

    #[test]
    fn each_schema_in_the_documentation_is_the_schema_of_its_table() {
        hold_in_the_documentation("snapshot", &snapshot_schemas());
    }
}
