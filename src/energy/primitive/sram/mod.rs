//! SRAM as CACTI 7 estimates it, from a table of our own runs (docs/energy.md section 8.2).

#![expect(clippy::float_cmp, reason = "sizes and nodes are whole numbers")]

mod banks;
mod lines;
mod measures;
mod table;

use measures::{MEASURES, Measures};

/// Nodes of the table, in nm.
const NODES: [u16; 5] = [22, 32, 45, 65, 90];

/// Bits of the narrowest word that CACTI is asked for.
const NARROWEST: f64 = 32.0;

/// Words of the shallowest bank that CACTI is asked for.
const SHALLOWEST: f64 = 64.0;

/// A memory. All numbers are integers above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Memory {
    /// nm.
    pub(super) technology: f64,
    /// Bits of a word.
    pub(super) width: f64,
    /// Words.
    pub(super) depth: f64,
    pub(super) banks: f64,
    /// Ports that read and write.
    pub(super) ports: f64,
}

/// How near the table's runs are to what was asked, from near to far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// Between two runs with the same organisation of the array, which CACTI's numbers connect by straight lines.
    SameOrganisation,
    /// Between two widths of the table, with the same organisation at both.
    BetweenWidths,
    /// Several banks or ports, for which there are few runs.
    BanksOrPorts,
    /// Between two runs of different organisation: where exactly CACTI changes from one to the other is not known.
    BetweenOrganisations,
    /// Wider, deeper, or with more banks or ports than any run.
    Outside,
}

impl Memory {
    /// Energies, leakage of all banks and area.
    pub(super) fn measures(self) -> (Measures, Fit) {
        let node = self.technology;
        let [smallest, .., largest] = NODES.map(f64::from);
        if node < smallest {
            let scale = node / smallest;
            let energy = scale.sqrt();
            let (measures, fit) = self.at(NODES[0]);
            return (measures.times([energy, energy, 0.79 * energy, scale, 1.0]), fit);
        }
        if node > largest {
            let (measures, fit) = self.at(NODES[4]);
            return (measures.times([(node / largest).powi(2); MEASURES]), fit);
        }
        let above = NODES.iter().position(|&each| f64::from(each) >= node).unwrap_or(NODES.len() - 1);
        let (measures, fit) = self.at(NODES[above]);
        if f64::from(NODES[above]) == node {
            return (measures, fit);
        }
        let below = above.saturating_sub(1);
        let (smaller, fit_below) = self.at(NODES[below]);
        let [a, b] = [below, above].map(|at| f64::from(NODES[at]));
        (smaller.towards(measures, (node - a) / (b - a)), fit.max(fit_below))
    }

    /// At a node of the table: CACTI is asked for whole bytes and for banks that are deep enough, and its numbers are scaled back.
    fn at(self, node: u16) -> (Measures, Fit) {
        let width = (8.0 * (self.width / 8.0).ceil()).max(NARROWEST);
        let depth = self.depth.max(SHALLOWEST * self.banks);
        let banks = self.banks.log2().ceil().exp2();
        let (measures, fit) = banks::at_node(node, width, depth, banks, self.ports);
        let (columns, rows) = (self.width / width, self.depth / depth);
        let energy = (0.7 * columns + 0.3) * rows.powf(0.78);
        (measures.times([energy, energy, self.banks * columns * rows, columns * rows, 1.0]), fit)
    }
}
