//! The JSON Schema of estate files, from the types that read them.

use super::file::EstateFile;

/// The JSON Schema of estate files. A date-time of TOML counts as a string.
pub fn estate_schema() -> schemars::Schema {
    schemars::schema_for!(EstateFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_estate_schema_in_the_documentation_is_the_schema_of_the_files() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/estate.schema.json");
        let made = serde_json::to_string_pretty(&estate_schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == made, "docs/estate.schema.json is out of date: run `make docs`");
    }
}
