//! The screens.

use crate::session::What;

use super::args::Common;
use super::exit::{Ended, Exit};

/// Opens the screens.
pub fn open(_common: &Common, _what: Option<What>, _variant: Option<String>) -> Ended {
    Ok(Exit::Fine)
}
