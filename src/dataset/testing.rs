//! What holds the documentation of tables to their rows.

use serde_json::Value;

/// Compares schemas with those in `docs/<folder>/<name>.schema.json`, or writes them there if `UPDATE_DOCS` is set.
pub(crate) fn hold_in_the_documentation(folder: &str, schemas: &[(&str, Value)]) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(folder);
    for (name, schema) in schemas {
        let path = folder.join(format!("{name}.schema.json"));
        let made = serde_json::to_string_pretty(schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "{} is out of date: run `make docs`", path.display());
    }
    let kept = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(kept, schemas.len(), "{} has a file that no table has", folder.display());
}
