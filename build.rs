//! Lessons and scenarios are built into the binary: a new file has to bring a new build. And how it is linked, so that a
//! server that waits takes little memory.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=lessons");
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=assets/start.ld");
    println!("cargo::rerun-if-env-changed=REDLAB_PLAIN_LINK");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if !is("PROFILE", "release")
        || !is("CARGO_CFG_TARGET_OS", "linux")
        || !is("CARGO_CFG_TARGET_ENV", "gnu")
        || !is("CARGO_CFG_TARGET_ARCH", "x86_64")
        // For linkers that know neither.
        || var("REDLAB_PLAIN_LINK").is_ok()
    {
        return;
    }
    // Tables of texts and functions lie in the file as they are used, if it is known where the program will lie:
    // otherwise more than a megabyte of them is read and written anew at each start, and stays in memory.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // What runs at the start lies side by side: otherwise a few pages of everything stay in memory. See
    // benches/start-order.
    let root = var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{root}/assets/start.ld");
}
