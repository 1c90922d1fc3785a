//! Densities that are given from outside of the files.

use serde_yaml::{Mapping, Value};

use super::{Specification, SpecificationError};
use crate::timeloop::files::problem_writer::{TimeloopVersion, densities_entry};
use crate::timeloop::files::{parse_document, sparse};
use crate::workload::Density;

impl Specification {
    /// States densities of data spaces, by their names in any case. Those that the files state of others stay.
    ///
    /// # Errors
    ///
    /// If the problem has no such data space, or departs from its form.
    pub fn set_densities(&mut self, stated: &[(String, Density)]) -> Result<(), SpecificationError> {
        if stated.is_empty() {
            return Ok(());
        }
        let problem = self.problem()?.value;
        let read = sparse::densities::read(&self.document, &problem).map_err(|error| self.located(error))?;
        let mut densities = read.value;
        for (name, density) in stated {
            let spaces = problem.data_spaces();
            let space = spaces.iter().position(|space| space.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                let known = spaces.iter().map(|space| format!("`{}`", space.name)).collect::<Vec<_>>().join(", ");
                SpecificationError::DataSpace { name: name.clone(), known }
            })?;
            densities.set(space, *density);
        }
        let Some(instance) = instance(&mut self.document) else { return Ok(()) };
        instance.shift_remove("commonDensity");
        instance.shift_remove("densities");
        if let Some(entry) = densities_entry(&problem, &densities, TimeloopVersion::V04)
            && let Value::Mapping(entry) = parse_document(&entry)?
        {
            instance.extend(entry);
        }
        Ok(())
    }
}

/// The instance of the problem; in the oldest files the problem itself.
fn instance(document: &mut Value) -> Option<&mut Mapping> {
    let problem = document.get_mut("problem")?;
    let key = "instance";
    if problem.get(key).is_some_and(|instance| !instance.is_null()) {
        problem.get_mut(key)?.as_mapping_mut()
    } else {
        problem.as_mapping_mut()
    }
}
