//! The arguments of `redlab serve`.

use std::path::PathBuf;

use clap::Args;

/// Where it listens, and who may come.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// The address to listen on; one that other machines reach needs a password
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port; 0 picks one and prints it
    #[arg(long, default_value_t = 6380)]
    pub port: u16,
    /// A Unix socket to listen at, too
    #[arg(long, value_name = "PATH")]
    pub unixsocket: Option<PathBuf>,
    /// The mode of the Unix socket's file, in octal digits
    #[arg(long, value_name = "MODE", default_value = "600", value_parser = mode, requires = "unixsocket")]
    pub unixsocketperm: u32,
    /// Speak TLS with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Let only clients in whose certificates these authorities have signed (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_ca: Option<PathBuf>,
    /// A port of its own for TLS; without it, the only port speaks TLS
    #[arg(long, value_name = "PORT", requires = "tls_cert")]
    pub tls_port: Option<u16>,
    /// The password that clients have to give; others on this machine can read it in the list of processes
    #[arg(long, value_name = "PASSWORD", env = "REDLAB_REQUIREPASS", hide_env_values = true)]
    pub requirepass: Option<String>,
    /// The same from the first line of a file
    #[arg(long, value_name = "FILE", conflicts_with = "requirepass")]
    pub requirepass_file: Option<PathBuf>,
    /// The folder where SAVE writes; the file that is there is loaded first, unless --load names another
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The name of the file in that folder
    #[arg(long, value_name = "NAME", default_value = "dump.rdb", value_parser = file_name, requires = "dir")]
    pub dbfilename: String,
    /// Show clients, their commands and what becomes of keys, as it happens
    #[arg(long)]
    pub watch: bool,
    /// Most clients at a time
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub maxclients: u32,
    /// Disconnect clients that send no command for so many seconds; 0: never
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub timeout: u32,
}

fn mode(text: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "three octal digits, such as 600 or 770".into())
}

fn file_name(text: &str) -> Result<String, String> {
    let is_name = std::path::Path::new(text).file_name().is_some_and(|name| name == text);
    if is_name { Ok(text.into()) } else { Err("a name without a folder, such as dump.rdb".into()) }
}
