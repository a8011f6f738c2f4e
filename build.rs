//! Lessons and scenarios are built into the binary: a new file has to bring a new build.

fn main() {
    println!("cargo::rerun-if-changed=lessons");
    println!("cargo::rerun-if-changed=scenarios");
}
