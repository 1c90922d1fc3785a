//! The components of a whole design.

use super::{Estimate, Estimator, Reason, Refusal};
use crate::timeloop::files::specification::Specification;
use crate::timeloop::files::{EnergyTables, EstimatedComponent};

/// What can be estimated of a design, and what cannot.
#[derive(Clone, Debug, Default)]
pub struct DesignEstimates {
    /// Estimates, in the order of the components.
    pub estimates: Vec<Estimate>,
    /// Components without an estimate.
    pub refusals: Vec<Refusal>,
}

/// Attributes without which a description says nothing of energies: Timeloop alone does not need them.
const OF_ENERGY: [&str; 2] = ["technology", "global_cycle_seconds"];

impl Refusal {
    /// Whether nothing knows the component's class, or that of a part.
    pub fn is_of_unknown_class(&self) -> bool {
        matches!(*self.reason, Reason::UnknownClass { .. })
    }

    /// Whether the description is one that says too little for an estimate, and not one that says something wrong.
    fn is_of_silence(&self) -> bool {
        match &*self.reason {
            Reason::Missing(attribute) => OF_ENERGY.contains(&attribute.as_str()),
            _ => self.is_of_unknown_class(),
        }
    }
}

impl DesignEstimates {
    /// Estimates every enabled component with the built-in classes and those of the design.
    ///
    /// # Errors
    ///
    /// The classes of the design that depart from their form, each with its place in the user's files.
    pub fn of(specification: &Specification) -> Result<Self, Vec<String>> {
        let estimator = Estimator::new(specification.compound_classes());
        let estimator = estimator
            .map_err(|refusals| refusals.iter().map(|refusal| located(refusal, specification)).collect::<Vec<_>>())?;
        let mut design = Self::default();
        for component in estimator.components(specification.document()) {
            match component {
                Ok(estimate) => design.estimates.push(estimate),
                Err(refusal) => design.refusals.push(refusal),
            }
        }
        Ok(design)
    }

    /// The same beside tables: that a component which they state has no estimate does not count.
    ///
    /// # Errors
    ///
    /// As [`DesignEstimates::of`].
    pub fn beside(tables: &EnergyTables, specification: &Specification) -> Result<Self, Vec<String>> {
        let mut design = Self::of(specification)?;
        design.refusals.retain(|refusal| tables.energies(&refusal.component).is_none());
        Ok(design)
    }

    /// Whether a component has a class that nothing knows.
    pub fn has_unknown_classes(&self) -> bool {
        self.refusals.iter().any(Refusal::is_of_unknown_class)
    }

    /// What is wrong in the description: refusals but for those where it only says too little.
    pub fn errors(&self, specification: &Specification) -> Vec<String> {
        let wrong = self.refusals.iter().filter(|refusal| !refusal.is_of_silence());
        wrong.map(|refusal| located(refusal, specification)).collect()
    }

    /// Components of classes that nothing knows, each with its place and with what would make it known.
    pub fn warnings(&self, specification: &Specification) -> Vec<String> {
        let unknown = self.refusals.iter().filter(|refusal| refusal.is_of_unknown_class());
        unknown.map(|refusal| located(refusal, specification)).collect()
    }

    /// Adds the estimates to tables, for the components that these do not state.
    pub fn add_to(&self, tables: &mut EnergyTables) {
        self.estimates.iter().for_each(|estimate| tables.add_estimate(estimate.into()));
    }
}

impl From<&Estimate> for EstimatedComponent {
    fn from(estimate: &Estimate) -> Self {
        let stated = estimate.attributes.iter().map(|(key, value)| (key.to_owned(), value.text()));
        let class = [("class".to_owned(), estimate.class.clone())];
        Self {
            name: estimate.name.clone(),
            made_for: class.into_iter().chain(stated).collect(),
            actions: estimate
                .actions
                .iter()
                .map(|(action, figure)| (action.clone(), (figure.value, figure.source.to_string())))
                .collect(),
            source: estimate.source().to_string(),
            area: Some((estimate.area_um2.value, estimate.area_um2.source.to_string())),
        }
    }
}

fn located(refusal: &Refusal, specification: &Specification) -> String {
    let place = specification.place(&refusal.path);
    let hint = refusal.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{place}: {refusal}{hint}")
}
