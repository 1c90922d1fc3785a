//! Where a number comes from, and how good it is (docs/energy.md section 9).

use std::fmt;

use super::primitive::Fit;

/// What one number of a primitive component was taken from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Origin {
    /// The class says it: a component that only stands for something else.
    Constant,
    /// The component library: Aladdin's numbers at 40 nm, scaled to this node (nm).
    Library {
        /// nm.
        base: f64,
        /// nm.
        node: f64,
    },
    /// Aladdin's tables, made at 40 nm and used at 40 and 45 nm.
    Aladdin,
    /// Aladdin's adder scaled to this node (nm), where Accelergy asks NeuroSim.
    ScaledAdder {
        /// nm.
        node: f64,
    },
    /// Aladdin's floating-point units scaled to this node (nm), where Accelergy has none.
    ScaledFloats {
        /// nm.
        node: f64,
    },
    /// So much energy for a bit.
    Dram {
        /// The type of memory.
        kind: &'static str,
        /// pJ.
        pj_per_bit: f64,
    },
    /// Runs of CACTI.
    Cacti(Fit),
}

impl Origin {
    /// A short stable name.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Library { .. } => "library",
            Self::Aladdin => "aladdin",
            Self::ScaledAdder { .. } | Self::ScaledFloats { .. } => "aladdin-scaled",
            Self::Dram { .. } => "dram",
            Self::Cacti(Fit::SameOrganisation) => "cacti",
            Self::Cacti(Fit::BetweenWidths) => "cacti-between-widths",
            Self::Cacti(Fit::BanksOrPorts) => "cacti-banks-or-ports",
            Self::Cacti(Fit::BetweenOrganisations) => "cacti-between-organisations",
            Self::Cacti(Fit::Outside) => "cacti-outside",
        }
    }

    /// How far it may be from what Accelergy and its plug-ins say, as a share; `None` if that is not known.
    pub fn error(self) -> Option<f64> {
        match self {
            Self::Constant | Self::Library { .. } | Self::Aladdin | Self::Dram { .. } => Some(0.0),
            Self::Cacti(Fit::SameOrganisation) => Some(0.002),
            Self::Cacti(Fit::BetweenWidths) => Some(0.04),
            Self::Cacti(Fit::BanksOrPorts) => Some(0.3),
            Self::Cacti(Fit::BetweenOrganisations) => Some(0.35),
            Self::ScaledAdder { .. } | Self::ScaledFloats { .. } | Self::Cacti(Fit::Outside) => None,
        }
    }

    /// From good to bad, where [`error`](Self::error) alone does not say it.
    fn badness(self) -> f64 {
        match self {
            // Another estimator's number, but a small share of a buffer's access.
            Self::ScaledAdder { .. } => 0.001,
            other => other.error().unwrap_or(f64::INFINITY),
        }
    }
}

impl fmt::Display for Origin {
    #[expect(clippy::float_cmp, reason = "the very same node is not scaled")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Constant => f.write_str("stated by the class"),
            Self::Library { base, node } if base == node => write!(f, "component library, Aladdin {base} nm"),
            Self::Library { base, node } => write!(f, "component library, Aladdin {base} nm scaled to {node} nm"),
            Self::Aladdin => f.write_str("Aladdin tables, 40 and 45 nm"),
            Self::ScaledAdder { node } => {
                write!(f, "Aladdin's adder, 40 nm scaled to {node} nm (Accelergy asks NeuroSim)")
            }
            Self::ScaledFloats { node } => {
                write!(f, "Aladdin's floating-point units, 40 nm scaled to {node} nm (Accelergy has none)")
            }
            Self::Dram { kind, pj_per_bit } => write!(f, "DRAM {kind}, {pj_per_bit} pJ a bit"),
            Self::Cacti(fit) => f.write_str(match fit {
                Fit::SameOrganisation => "CACTI table, same organisation, about 0.2 %",
                Fit::BetweenWidths => "CACTI table, between two widths, mostly within 4 %",
                Fit::BanksOrPorts => "CACTI table, several banks or ports, 5 to 30 %",
                Fit::BetweenOrganisations => "CACTI table, between two organisations, up to 35 %",
                Fit::Outside => "outside the CACTI table, error unknown",
            }),
        }
    }
}

/// What a number was made of: every origin once, the worst first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Source {
    origins: Vec<Origin>,
}

impl Source {
    pub(super) fn add(&mut self, origin: Origin) {
        if self.origins.contains(&origin) {
            return;
        }
        let at = self.origins.partition_point(|known| known.badness() >= origin.badness());
        self.origins.insert(at, origin);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        other.origins.iter().for_each(|&origin| self.add(origin));
    }

    /// What the number was made of, the worst first.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// A short stable name: that of the worst part.
    pub fn kind(&self) -> &'static str {
        self.origins.first().map_or("constant", |origin| origin.kind())
    }

    /// How far its worst part may be from what Accelergy and its plug-ins say, as a share; `None` if that is not known.
    pub fn error(&self) -> Option<f64> {
        self.origins.first().map_or(Some(0.0), |origin| origin.error())
    }
}

impl From<Origin> for Source {
    fn from(origin: Origin) -> Self {
        Self { origins: vec![origin] }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, origin) in self.origins.iter().enumerate() {
            let join = if at == 0 { "" } else { " + " };
            write!(f, "{join}{origin}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_every_part_once_and_the_worst_first() {
        let mut source = Source::from(Origin::Aladdin);
        for fit in [Fit::SameOrganisation, Fit::Outside, Fit::BetweenOrganisations, Fit::SameOrganisation] {
            source.add(Origin::Cacti(fit));
        }
        assert_eq!((source.kind(), source.error(), source.origins().len()), ("cacti-outside", None, 4));
        assert!(source.to_string().ends_with(
            "CACTI table, between two organisations, up to 35 % + CACTI table, same organisation, about 0.2 % + Aladdin tables, \
             40 and 45 nm"
        ));
    }
}
