//! Hands the build's target and profile to the program, which states them in `manifest.json`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["TARGET", "PROFILE"] {
        let value = std::env::var(name).unwrap_or_default();
        println!("cargo::rustc-env=KMS_AUDIT_BUILD_{name}={value}");
    }
}
