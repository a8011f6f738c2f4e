//! What authors have: schemas, skeletons, packs, the checks of their files, and a guide that is true.

mod checks;
mod guide;
mod packs;
mod progress;
mod reports;
mod schemas;
mod skeletons;

use std::fs;
use std::path::Path;

use assert_cmd::Command;

/// How a command of the program ended.
struct Ended {
    status: i32,
    out: String,
    err: String,
}

/// Runs redlab in a folder.
fn redlab(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::cargo_bin("redlab").expect("the binary");
    command.args(arguments).current_dir(folder).env_remove("REDLAB_URL").env("NO_COLOR", "1");
    let output = command.env("REDLAB_STATE_DIR", folder.join("state")).output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}
