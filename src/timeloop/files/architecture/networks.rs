//! Explicit networks: elements whose class is one of networks (docs/model.md section 4.7.1).

use super::Reader;
use super::attributes::{ATTRIBUTES, Attributes, ESTIMATOR_ATTRIBUTES};
use super::{is_arithmetic, is_storage};
use crate::architecture::{Multicast, NetworkClass, NetworkSpec};
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::warning::suggestion;

/// Classes of networks. What contains one of these names is a network, and must be the very name.
const CLASSES: [&str; 4] = ["XY_NoC", "Legacy", "ReductionTree", "SimpleMulticast"];

/// Attributes that networks alone have.
const NETWORK_ATTRIBUTES: [&str; 6] =
    ["adder_energy", "action_name", "multicast_factor_argument", "per_datatype_ERT", "fill_latency", "drain_latency"];

const DEFAULT_WORD_BITS: u64 = 16;

/// Whether a class is one of networks, or looks like one.
pub(in crate::timeloop::files) fn is_network(class: &str) -> bool {
    !is_storage(class) && !is_arithmetic(class) && CLASSES.iter().any(|part| class.contains(part))
}

impl Reader<'_> {
    /// A network; `None` if one of the same name stands before it.
    pub(super) fn network(&mut self, element: &Node, class: &str) -> Result<Option<NetworkSpec>, FormatError> {
        let name = element.require("name")?.text()?;
        if !CLASSES.contains(&class) {
            let known = CLASSES.join(", ");
            return Err(element.invalid(format!(
                "`{name}` is of class `{class}`, which Timeloop does not recognize as a network; its classes are {known}"
            )));
        }
        if self.networks.contains_key(&name) {
            let message = format!("a network `{name}` stands before this one, which is left out: the first counts");
            self.warnings.push(element.warning(message));
            return Ok(None);
        }
        self.networks.insert(name.clone(), element.path.clone());
        // Attributes may stand beside the name.
        let is_stated = element.value.as_mapping().is_some_and(|keys| keys.contains_key("attributes"));
        let nothing = serde_yaml::Value::Mapping(serde_yaml::Mapping::new());
        let attributes = match element.get("attributes") {
            Some(attributes) => attributes,
            None if is_stated => Node { path: element.path.clone(), value: &nothing },
            None => element.clone(),
        };
        if is_stated {
            self.check_network_attributes(&attributes, &name)?;
        }
        let a = Attributes(&attributes);
        let word_bits = a.whole(&["network_word_bits", "word_bits", "word_width", "datawidth"], u32::MAX.into())?;
        let fill_latency = a.whole(&["fill_latency"], u64::MAX)?.unwrap_or(0);
        if let Some(latency) = a.whole(&["drain_latency"], u64::MAX)?.filter(|latency| *latency != fill_latency) {
            let message = format!(
                "`drain_latency: {latency}` of network `{name}` has no effect: Timeloop takes its fill_latency, {fill_latency}, for \
                 draining, too"
            );
            self.warnings.push(attributes.warning(message));
        }
        let class = match class {
            "ReductionTree" => NetworkClass::ReductionTree(a.tree(&mut self.warnings)),
            "SimpleMulticast" => NetworkClass::SimpleMulticast(self.multicast(&attributes, &name)?),
            _ => NetworkClass::Legacy(a.wiring(&mut self.warnings)?),
        };
        Ok(Some(NetworkSpec { name, class, word_bits: word_bits.unwrap_or(DEFAULT_WORD_BITS), fill_latency }))
    }

    fn multicast(&mut self, attributes: &Node, name: &str) -> Result<Multicast, FormatError> {
        let a = Attributes(attributes);
        let Some(action) = a.text(&["action_name"])? else {
            return Err(attributes.invalid(format!(
                "network `{name}` is a SimpleMulticast and has no `action_name`, the action of its energy reference table"
            )));
        };
        // As soon as the key is there, whatever it says.
        let per_data_space = a.flag(&["per_datatype_ERT"])?.is_some();
        let table = self.tables.multicast(name).cloned();
        if table.is_none() {
            let message = format!(
                "network `{name}` has no energy reference table; a mapping that sends words through it is refused, as in Timeloop"
            );
            self.warnings.push(attributes.warning(message));
        }
        Ok(Multicast { action, argument: a.text(&["multicast_factor_argument"])?, per_data_space, table })
    }

    fn check_network_attributes(&mut self, attributes: &Node, name: &str) -> Result<(), FormatError> {
        for (key, node) in attributes.entries()? {
            let is_known = |names: &[&str]| names.contains(&key.as_str());
            if !is_known(&NETWORK_ATTRIBUTES) && !is_known(ATTRIBUTES) && !is_known(ESTIMATOR_ATTRIBUTES) {
                let known = NETWORK_ATTRIBUTES.iter().chain(ATTRIBUTES).copied();
                let hint = suggestion(&key, known);
                let message = format!("unknown attribute of network `{name}`{hint}; it has no effect here");
                self.warnings.push(node.warning(message));
            }
        }
        Ok(())
    }
}
