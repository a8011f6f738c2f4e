//! redis-cli's options, under redis-cli's names.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// redis-cli's options, for `exec` and `repl`.
#[derive(Args, Clone, Debug)]
pub struct ClientArgs {
    /// The server's host; without -h, -p, -s, -u or --url, commands go to the bundled engine
    #[arg(short = 'h', value_name = "HOST", num_args = 0..=1, default_missing_value = "", allow_hyphen_values = true)]
    pub host: Option<String>,
    /// The server's port
    #[arg(short = 'p', value_name = "PORT", allow_hyphen_values = true)]
    pub port: Option<String>,
    /// The server's socket, instead of host and port
    #[arg(short = 's', value_name = "SOCKET")]
    pub socket: Option<PathBuf>,
    /// The server's URL
    #[arg(short = 'u', value_name = "URL")]
    pub uri: Option<String>,
    /// The password; REDISCLI_AUTH in the environment is safer
    #[arg(short = 'a', long = "pass", value_name = "PASSWORD", allow_hyphen_values = true)]
    pub password: Option<String>,
    /// The user
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    pub user: Option<String>,
    /// Ask for the password
    #[arg(long)]
    pub askpass: bool,
    /// Do not warn about a password on the command line
    #[arg(long)]
    pub no_auth_warning: bool,
    /// The database
    #[arg(short = 'n', value_name = "DB", allow_hyphen_values = true)]
    pub database: Option<String>,
    /// Run the command so many times; without end if negative
    #[arg(short = 'r', value_name = "TIMES", allow_hyphen_values = true)]
    pub repeat: Option<String>,
    /// Wait so many seconds after each time
    #[arg(short = 'i', value_name = "SECONDS", allow_hyphen_values = true)]
    pub interval: Option<String>,
    /// Take the last argument from standard input
    #[arg(short = 'x')]
    pub last_from_input: bool,
    /// Take the argument TAG from standard input
    #[arg(short = 'X', value_name = "TAG", allow_hyphen_values = true)]
    pub tag_from_input: Option<String>,
    /// What stands between the elements of a raw reply, instead of a line end
    #[arg(short = 'd', value_name = "TEXT", allow_hyphen_values = true)]
    pub between: Option<String>,
    /// What ends a raw reply, instead of a line end
    #[arg(short = 'D', value_name = "TEXT", allow_hyphen_values = true)]
    pub after: Option<String>,
    /// Follow redirections of a cluster: not offered, so that MOVED and ASK can be seen
    #[arg(short = 'c')]
    pub cluster: bool,
    /// End with status 1 if the command fails
    #[arg(short = 'e')]
    pub fail_on_error: bool,
    /// Speak RESP2
    #[arg(short = '2')]
    pub resp2: bool,
    /// Speak RESP3
    #[arg(short = '3')]
    pub resp3: bool,
    /// Raw replies, as they are printed where standard output is no terminal
    #[arg(long)]
    pub raw: bool,
    /// Replies for people, also where standard output is no terminal
    #[arg(long)]
    pub no_raw: bool,
    /// Replies as JSON (over RESP3, unless -2)
    #[arg(long)]
    pub json: bool,
    /// Replies as JSON that is ASCII
    #[arg(long)]
    pub quoted_json: bool,
    /// Replies as one line of CSV
    #[arg(long)]
    pub csv: bool,
    /// Take the command's words as quoted strings
    #[arg(long)]
    pub quoted_input: bool,
    /// Whether pushes are printed: yes or no; on a terminal they are
    #[arg(long, value_name = "YES|NO")]
    pub show_pushes: Option<String>,
    /// Speak TLS
    #[arg(long)]
    pub tls: bool,
    /// The name that the server's certificate is to be for
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// Trust the certificates of this file alone, whatever name they are for
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Trust the certificates of this folder alone, whatever name they are for
    #[arg(long, value_name = "DIR")]
    pub cacertdir: Option<PathBuf>,
    /// Our own certificate
    #[arg(long, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The key of our own certificate
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Take any certificate
    #[arg(long)]
    pub insecure: bool,
    /// Mass insertion: send RESP from standard input as it is and count the replies
    #[arg(long)]
    pub pipe: bool,
    /// Give mass insertion up after so many seconds without a reply; 0 waits for ever
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true)]
    pub pipe_timeout: Option<String>,
    /// Say more: taken, as redis-cli takes it, and of no effect
    #[arg(long)]
    pub verbose: bool,
    /// Print the version
    #[arg(short = 'v', long)]
    pub version: bool,
    /// Print help (-h is the host)
    #[arg(long, action = ArgAction::Help)]
    pub help: Option<bool>,
}
