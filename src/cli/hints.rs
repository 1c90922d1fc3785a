//! What to do about an error of the library, in terms of this command line.

use std::error::Error;

use crate::api::{self, ErrorKind};
use crate::timeloop::files::specification::SpecificationError;
use crate::timeloop::frontend::{self, Errors};
use crate::timeloop::program::{AccelergyError, ProgramError};

/// The flags that help against an error.
pub(super) fn flags(error: &(dyn Error + 'static)) -> Option<String> {
    if error.is::<ProgramError>() {
        return Some("`--timeloop-bin FILE` names it, too".to_owned());
    }
    let hint = match &*error.downcast_ref::<api::Error>()?.kind {
        ErrorKind::Program(_) => "`--timeloop-bin FILE` names it, too",
        ErrorKind::Accelergy(AccelergyError::NotFound) => "the tables are given with `--ert FILE --art FILE`",
        ErrorKind::Components(_) => {
            "mend the description, or state energies otherwise: in a table (`--ert`), or by Timeloop's formulas (`--energy pat`)"
        }
        ErrorKind::NoMapping(_) => "pass `--mapping FILE`",
        ErrorKind::RandomRuby => "leave `--search random` or the mapspace `ruby` out",
        ErrorKind::Descriptions(errors) | ErrorKind::Specification(SpecificationError::Frontend(errors)) => {
            return variables(errors);
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// How variables are given that templates use and nothing defines.
fn variables(errors: &Errors) -> Option<String> {
    let undefined = errors.errors.iter().filter_map(|error| match &error.kind {
        frontend::ErrorKind::UndefinedVariable(names) => Some(names),
        _ => None,
    });
    let flags: Vec<String> = undefined.flatten().map(|name| format!("--var {name}=VALUE")).collect();
    (!flags.is_empty()).then(|| format!("values are given from outside with `{}`", flags.join(" ")))
}
