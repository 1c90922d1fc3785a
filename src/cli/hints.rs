//! What to do about an error of the library, in terms of this command line.

use std::error::Error;

use crate::api::{self, ErrorKind};
use crate::timeloop::program::{AccelergyError, ProgramError};

/// The flags that help against an error.
pub(super) fn flags(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if error.is::<ProgramError>() {
        return Some("`--timeloop-bin FILE` names it, too");
    }
    match &*error.downcast_ref::<api::Error>()?.kind {
        ErrorKind::Program(_) => Some("`--timeloop-bin FILE` names it, too"),
        ErrorKind::Accelergy(AccelergyError::NotFound) => Some("the tables are given with `--ert FILE --art FILE`"),
        ErrorKind::NoMapping(_) => Some("pass `--mapping FILE`"),
        ErrorKind::RandomRuby => Some("leave `--search random` or the mapspace `ruby` out"),
        _ => None,
    }
}
