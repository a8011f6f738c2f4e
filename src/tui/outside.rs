//! A text edited in another program: the one that the user has chosen for that.

use std::path::Path;
use std::process::Command;

use crate::content::MOST_BYTES;
use crate::resp::printable;

/// Lets `$VISUAL`, else `$EDITOR`, else vi edit a text as a file; `None`: nothing was changed. The terminal has to be
/// given back before, and nobody else may read from it meanwhile.
///
/// # Errors
/// The program cannot be started or failed, or what it left is no text.
pub fn edit(id: &str, text: &str) -> Result<Option<String>, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("there is no place for a temporary file: {error}"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = if !id.is_empty() && id.chars().all(plain) { id } else { "scenario" };
    let path = folder.path().join(format!("{name}.yaml"));
    std::fs::write(&path, text).map_err(|error| format!("the text cannot be put into a file: {error}"))?;
    let editor = chosen();
    let shown = printable(editor.as_bytes(), 100);
    let ended = command(&editor, &path).status().map_err(|error| format!("{shown} cannot be started: {error}"))?;
    if !ended.success() {
        return Err(format!("{shown} failed ({ended}): nothing was changed; EDITOR names another program"));
    }
    let bytes = std::fs::read(&path).map_err(|error| format!("what {shown} left cannot be read: {error}"))?;
    if bytes.len() > MOST_BYTES {
        return Err("the text is larger than 1 MiB now: nothing was changed".into());
    }
    let edited = String::from_utf8(bytes).map_err(|_| "the text is no UTF-8 now: nothing was changed".to_string())?;
    Ok((edited != text).then_some(edited))
}

fn chosen() -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.into())
}

/// The variable may hold arguments, such as `code --wait`: as everywhere, a shell takes it apart.
#[cfg(unix)]
fn command(editor: &str, path: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(path);
    command
}

#[cfg(not(unix))]
fn command(editor: &str, path: &Path) -> Command {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("notepad"));
    command.args(words).arg(path);
    command
}
