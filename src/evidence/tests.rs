use super::*;
use crate::assessment::Assessor;
use crate::config::Config;
use crate::facts::examples::scan;
use crate::private_files;

/// The folder of a run with a few files and its manifest.
fn run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in [
        ("report.json", "{\"findings\": []}"),
        ("snapshot/scan.json", "{}"),
        (
            "snapshot/keys/account_id=111122223333/part.jsonl.zst",
            "\u{28}\u{b5}/\u{fd}",
        ),
        ("empty", ""),
    ] {
        let path = folder.path().join(path);
        private_files::make_folder(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let config = Config::default();
    write_manifest(
        folder.path(),
        &Assessor::new(&config, scan()).finish().document,
        Origin::Collected,
    )
    .unwrap();
    folder
}

fn faults(folder: &Path) -> Vec<(String, FaultKind)> {
    let verification = verify(folder, None).unwrap();
    let faults = verification.faults.into_iter();
    faults.map(|fault| (fault.path, fault.kind)).collect()
}

#[test]
fn a_folder_that_nobody_touched_is_verified() {
    let folder = run();
    let verification = verify(folder.path(), None).unwrap();
    assert!(verification.holds());
    let files = verification.manifest.files.iter();
    let names: Vec<_> = files.map(|file| (file.path.as_str(), file.bytes)).collect();
    assert_eq!(
        names,
        [
            ("empty", 0),
            ("report.json", 16),
            ("snapshot/keys/account_id=111122223333/part.jsonl.zst", 6),
            ("snapshot/scan.json", 2),
        ]
    );
    assert_eq!(
        verification.manifest.files[0].sha256,
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn one_other_byte_in_any_file_is_an_altered_file() {
    let folder = run();
    for file in [
        "report.json",
        "snapshot/scan.json",
        "snapshot/keys/account_id=111122223333/part.jsonl.zst",
    ] {
        let path = folder.path().join(file);
        let content = std::fs::read(&path).unwrap();
        for position in 0..content.len() {
            let mut altered = content.clone();
            altered[position] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert_eq!(
                faults(folder.path()),
                [(file.to_owned(), FaultKind::Altered)],
                "byte {position}"
            );
        }
        std::fs::write(&path, &content).unwrap();
    }
    assert_eq!(faults(folder.path()), []);
}

#[test]
fn one_other_byte_in_the_manifest_is_seen_whatever_it_is() {
    let folder = run();
    let path = folder.path().join(MANIFEST_FILE);
    let content = std::fs::read(&path).unwrap();
    // One bit, and a space that becomes a tab, which means the same in JSON.
    for (position, mask) in (0..content.len()).flat_map(|position| [(position, 1), (position, b' ' ^ b'\t')]) {
        let mut altered = content.clone();
        altered[position] ^= mask;
        std::fs::write(&path, &altered).unwrap();
        match verify(folder.path(), None) {
            Ok(verification) => assert!(
                verification.faults.iter().any(|fault| fault.path == MANIFEST_FILE),
                "byte {position}"
            ),
            Err(error) => assert!(error.to_string().contains(MANIFEST_FILE), "{error}"),
        }
    }
}

#[test]
fn a_file_more_or_less_is_named() {
    let folder = run();
    std::fs::remove_file(folder.path().join("report.json")).unwrap();
    std::fs::write(folder.path().join("snapshot/more"), "x").unwrap();
    assert_eq!(
        faults(folder.path()),
        [
            ("report.json".to_owned(), FaultKind::Missing),
            ("snapshot/more".to_owned(), FaultKind::Extra),
        ]
    );
    assert_eq!(verify(folder.path(), None).unwrap().gravest(), Some(FaultKind::Missing));
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_does_not_count() {
    let folder = run();
    let elsewhere = tempfile::tempdir().unwrap();
    let (report, copy) = (folder.path().join("report.json"), elsewhere.path().join("copy"));
    std::fs::rename(&report, &copy).unwrap();
    std::os::unix::fs::symlink(&copy, &report).unwrap();
    assert_eq!(
        faults(folder.path()),
        [
            ("report.json".to_owned(), FaultKind::Missing),
            ("report.json".to_owned(), FaultKind::Extra),
        ]
    );
}

#[test]
fn a_path_that_leads_out_of_the_folder_is_not_followed() {
    let folder = run();
    let inner = folder.path().join("snapshot");
    let document = Assessor::new(&Config::default(), scan()).finish().document;
    let mut manifest = Manifest::of(&inner, &document, Origin::Collected).unwrap();
    manifest.files[0].path = "../report.json".to_owned();
    std::fs::write(inner.join(MANIFEST_FILE), serde_json::to_string(&manifest).unwrap()).unwrap();
    let found = faults(&inner);
    assert!(
        found.contains(&("../report.json".to_owned(), FaultKind::Missing)),
        "{found:?}"
    );
}

#[test]
fn a_folder_without_a_manifest_or_with_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let said = |folder: &Path| verify(folder, None).unwrap_err().to_string();
    assert!(said(folder.path()).contains("has no manifest.json"));
    for (text, what) in [
        ("{}", "schema version is none"),
        ("[", "EOF"),
        ("{\"schema_version\":\"7\"}", "is 7"),
    ] {
        std::fs::write(folder.path().join(MANIFEST_FILE), text).unwrap();
        assert!(said(folder.path()).contains(what), "{}", said(folder.path()));
    }
}

#[test]
fn a_run_that_nobody_signed_does_not_pass_for_signed() {
    let folder = run();
    let verification = verify(folder.path(), Some(Path::new("allowed"))).unwrap();
    assert!(matches!(verification.signature, Some(Err(SignatureError::Missing))));
    assert!(!verification.holds());
}

#[test]
fn the_schema_in_the_documentation_is_the_schema_of_the_manifest() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/manifest.schema.json");
    let made = serde_json::to_string_pretty(&manifest_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/manifest.schema.json is out of date: run `make docs`"
    );
}
