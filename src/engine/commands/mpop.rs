//! What LMPOP and ZMPOP share with their blocking forms: the keys, the end, the count.

use bytes::Bytes;

use super::super::args::Args;
use super::super::error::{Error, SYNTAX};

/// `numkeys key [key ...] END [COUNT count]`, where `parse_end` reads the end.
pub fn parse<'a, E>(
    args: &mut Args<'a>,
    parse_end: impl FnOnce(&mut Args<'a>) -> Result<E, Error>,
) -> Result<(&'a [Bytes], E, usize), Error> {
    let positive = |args: &mut Args<'a>| args.integer().ok().and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
    let count = positive(args).ok_or(Error::fixed("ERR numkeys should be greater than 0"))?;
    if count >= args.left() {
        return Err(SYNTAX);
    }
    let keys = args.take(count)?;
    let end = parse_end(args)?;
    let mut most = None;
    while args.left() > 0 {
        if most.is_some() || args.left() < 2 || !args.keyword("COUNT") {
            return Err(SYNTAX);
        }
        most = Some(positive(args).ok_or(Error::fixed("ERR count should be greater than 0"))?);
    }
    Ok((keys, end, most.unwrap_or(1)))
}
