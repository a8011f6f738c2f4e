//! How many clients may come, how long they may be silent, and how much may lie about for them. The engine keeps and
//! shows these parameters; whoever carries its bytes heeds them.

/// One class of `client-output-buffer-limit`. Zero sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutputLimit {
    /// Bytes that may never wait to be read.
    pub hard: u64,
    /// Bytes that may wait for a while.
    pub soft: u64,
    /// That while, in seconds.
    pub soft_s: u64,
}

/// `client-output-buffer-limit`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// For clients that send commands.
    pub normal: OutputLimit,
    /// For replicas, which there are none of here.
    pub replica: OutputLimit,
    /// For subscribers.
    pub pubsub: OutputLimit,
}

/// All of it, with Redis's own defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doors {
    /// `maxclients`: most connections at a time.
    pub maxclients: usize,
    /// `timeout`, seconds: who sends no command for so long is disconnected; 0: nobody.
    pub idle_s: u64,
    /// `tcp-keepalive`, seconds between probes; 0: none are sent.
    pub keepalive_s: u32,
    /// `client-query-buffer-limit`: most bytes of commands that have arrived and have not run.
    pub query_bytes: u64,
    /// `client-output-buffer-limit`
    pub output: OutputLimits,
    /// `protected-mode`: without a password, nobody from another machine is let in.
    pub protected: bool,
    /// `bind`: the addresses that are listened at.
    pub bind: String,
    /// `tls-port`; 0: none.
    pub tls_port: u16,
    /// `unixsocket`: its path, if there is one.
    pub unix_socket: String,
    /// `unixsocketperm`: its mode.
    pub unix_mode: u32,
}

impl OutputLimits {
    /// As CONFIG GET shows them.
    pub fn text(&self) -> String {
        let shown = |class: &str, limit: OutputLimit| format!("{class} {} {} {}", limit.hard, limit.soft, limit.soft_s);
        let classes = [("normal", self.normal), ("slave", self.replica), ("pubsub", self.pubsub)];
        classes.map(|(class, limit)| shown(class, limit)).join(" ")
    }

    /// From what [`OutputLimits::text`] shows.
    pub fn read(text: &str) -> OutputLimits {
        let words: Vec<&str> = text.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(0);
        let limit = |at| OutputLimit { hard: number(at), soft: number(at + 1), soft_s: number(at + 2) };
        OutputLimits { normal: limit(1), replica: limit(5), pubsub: limit(9) }
    }
}

impl Default for OutputLimits {
    fn default() -> Self {
        OutputLimits {
            normal: OutputLimit::default(),
            replica: OutputLimit { hard: 256 << 20, soft: 64 << 20, soft_s: 60 },
            pubsub: OutputLimit { hard: 32 << 20, soft: 8 << 20, soft_s: 60 },
        }
    }
}

impl Default for Doors {
    fn default() -> Self {
        Doors {
            maxclients: 10_000,
            idle_s: 0,
            keepalive_s: 300,
            query_bytes: 1 << 30,
            output: OutputLimits::default(),
            protected: true,
            bind: "127.0.0.1".into(),
            tls_port: 0,
            unix_socket: String::new(),
            unix_mode: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_limits_are_read_as_they_are_shown() {
        let limits = OutputLimits::default();
        assert_eq!(limits.text(), "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
        assert_eq!(OutputLimits::read(&limits.text()), limits);
    }
}
