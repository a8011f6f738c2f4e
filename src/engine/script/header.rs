//! The first line of a script, where it is a shebang: `#!lua flags=no-writes,allow-oom`.

/// What a script says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where the Lua source starts.
    pub body: usize,
    /// Whether there is a shebang at all; without one, Redis makes fewer checks.
    pub shebang: bool,
    /// `no-writes`
    pub no_writes: bool,
}

/// The flags of Redis 7.0. Those about memory, stale replicas and clusters have nothing to forbid here.
const FLAGS: &[&[u8]] = &[b"no-writes", b"allow-oom", b"allow-stale", b"no-cluster", b"allow-cross-slot-keys"];

impl Header {
    /// Reads the shebang, if there is one. An error is the whole line of the reply.
    pub fn parse(source: &[u8]) -> Result<Header, Vec<u8>> {
        let mut header = Header { body: 0, shebang: false, no_writes: false };
        if !source.starts_with(b"#!") {
            return Ok(header);
        }
        let Some(end) = source.iter().position(|b| *b == b'\n') else {
            return Err(b"ERR Invalid script shebang".to_vec());
        };
        (header.body, header.shebang) = (end, true);
        let mut parts = source[..end].split(|b| *b == b' ').filter(|part| !part.is_empty());
        let engine = parts.next().unwrap_or_default();
        if engine != b"#!lua" {
            return Err([b"ERR Unexpected engine in script shebang: ", engine].concat());
        }
        for part in parts {
            let Some(flags) = part.strip_prefix(b"flags=") else {
                return Err([b"ERR Unknown lua shebang option: ", part].concat());
            };
            header.take_flags(flags)?;
        }
        Ok(header)
    }

    fn take_flags(&mut self, flags: &[u8]) -> Result<(), Vec<u8>> {
        if flags.is_empty() {
            return Ok(());
        }
        for flag in flags.split(|b| *b == b',') {
            if !FLAGS.contains(&flag) {
                return Err([b"ERR Unexpected flag in script shebang: ", flag].concat());
            }
            self.no_writes |= flag == FLAGS[0];
        }
        Ok(())
    }
}
