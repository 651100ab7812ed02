//! Names in files lead nowhere but into the folder of the run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{Copy, files, whole_run};

fn program(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_kms-audit"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("panicked"),
        "{output:?}"
    );
    output
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_account_that_is_none_names_no_file_outside_of_the_folder() {
    let (copy, place) = (Copy::of_run(), tempfile::tempdir().unwrap());
    let out = place.path().join("one/two/new");
    for account in [
        "x/../../../../stolen",
        "../../../../stolen",
        "/etc",
        "",
        "88889999000",
        "８８８８９９９９００００",
    ] {
        for file in ["snapshot/scan.json", "manifest.json", "report.json"] {
            let path = copy.path().join(file);
            let text = fs::read_to_string(&path)
                .unwrap()
                .replace("\"888899990000\"", &format!("\"{account}\""));
            copy.with(Path::new(file), text.as_bytes(), || {
                let run = copy.path().to_str().unwrap();
                for arguments in [
                    &["assess", run, "--out", out.to_str().unwrap()][..],
                    &["diff", run, run],
                    &["diff", path.to_str().unwrap(), run],
                    &["trend", run],
                    &["verify", run],
                ] {
                    let said = said(&program(arguments));
                    assert!(!said.contains("No such file"), "{arguments:?} with {account}: {said}");
                }
                if file == "snapshot/scan.json" {
                    let said = said(&program(&["assess", run, "--out", out.to_str().unwrap()]));
                    assert!(said.contains("no account id of twelve digits"), "{said}");
                }
            });
            let _ = fs::remove_dir_all(&out);
            let left: Vec<_> = files(place.path());
            assert!(left.is_empty(), "{account} in {file}: {left:?}");
        }
    }
}

#[test]
fn the_paths_of_a_manifest_are_looked_for_in_the_folder_alone() {
    let copy = Copy::of_run();
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(secret.path(), "of somebody else").unwrap();
    let hash = "0".repeat(64);
    let above = format!("../{}", copy.path().file_name().unwrap().to_string_lossy());
    for path in [
        "../../../../../../etc/passwd",
        "/etc/passwd",
        secret.path().to_str().unwrap(),
        "snapshot/../report.json",
        "./report.json",
        "report.json/",
        "snapshot//scan.json",
        &format!("{above}/report.json"),
        "",
        ".",
        "snapshot",
        "\u{0}",
        "manifest.json",
    ] {
        let mut manifest = json_of(&whole_run().join("manifest.json"));
        manifest["files"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "path": path, "bytes": 16, "sha256": hash }));
        let text = format!("{manifest:#}\n");
        copy.with(Path::new("manifest.json"), text.as_bytes(), || {
            let output = program(&["verify", copy.path().to_str().unwrap()]);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(5), "the manifest was altered: {said}");
            let shown = if path == "\u{0}" { "\\u{0}" } else { path };
            assert!(said.contains(&format!("missing   {shown}\n")), "{path}: {said}");
        });
    }
}

#[test]
fn a_link_is_not_followed_wherever_it_stands() {
    let elsewhere = Copy::of_run();
    for file in [
        "manifest.json",
        "report.json",
        "snapshot/scan.json",
        "snapshot",
        "findings",
    ] {
        let copy = Copy::of_run();
        let place = copy.path().join(file);
        if place.is_dir() {
            fs::remove_dir_all(&place).unwrap();
        } else {
            fs::remove_file(&place).unwrap();
        }
        symlink(elsewhere.path().join(file), &place).unwrap();
        let run = copy.path().to_str().unwrap();
        let output = program(&["verify", run]);
        let told = said(&output);
        if file == "manifest.json" {
            assert_eq!(output.status.code(), Some(1), "{told}");
            assert!(told.contains("a link"), "{told}");
        } else {
            assert_eq!(output.status.code(), Some(6), "{told}");
            assert!(
                told.contains(&format!("extra     {file}\n")) && told.contains("missing   "),
                "{told}"
            );
        }
    }
}

#[test]
fn a_snapshot_with_a_link_in_it_is_not_judged() {
    let copy = Copy::of_run();
    let table = copy.path().join("snapshot/keys/account_id=888899990000/part.jsonl.zst");
    fs::remove_file(&table).unwrap();
    symlink(whole_run().join(table.strip_prefix(copy.path()).unwrap()), &table).unwrap();
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("new");
    let output = program(&["assess", copy.path().to_str().unwrap(), "--out", out.to_str().unwrap()]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("part.jsonl.zst") && told.contains("neither a file nor a folder"),
        "{told}"
    );
    assert!(!out.exists(), "{told}");
}

#[test]
fn a_signature_that_is_a_link_is_none() {
    let copy = Copy::of_run();
    symlink("/etc/passwd", copy.path().join("manifest.json.sig")).unwrap();
    let output = program(&[
        "verify",
        copy.path().to_str().unwrap(),
        "--allowed-signers",
        "/dev/null",
    ]);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    for words in ["extra     manifest.json.sig", "was not signed"] {
        assert!(said(&output).contains(words), "{}", said(&output));
    }
}
