//! Scaling between technology nodes (docs/energy.md section 6.2).
//!
//! Source: Stillmaker and Baas, "Scaling equations for the accurate prediction of CMOS device performance from 180 nm to 7 nm" (2017).

/// Nodes with data, in nm.
const NODES: [f64; 10] = [130.0, 90.0, 65.0, 45.0, 32.0, 20.0, 16.0, 14.0, 10.0, 7.0];

/// Energy of a gate over the supply voltage: the coefficients of its square, of itself, and the constant.
const ENERGY: [[f64; 3]; 10] = [
    [7.171, -6.709, 2.904],
    [4.762, -4.781, 2.092],
    [3.755, -4.398, 1.975],
    [1.103, -0.362, 0.2767],
    [0.9559, -0.7823, 0.471],
    [0.373, -0.1582, 0.04104],
    [0.2958, -0.1241, 0.03024],
    [0.2363, -0.09675, 0.02239],
    [0.2068, -0.09311, 0.02375],
    [0.1776, -0.09097, 0.02447],
];

/// Area at the node of a column over that at the node of a row.
const AREA: [[f64; 10]; 10] = [
    [1.0, 0.44, 0.23, 0.16, 0.072, 0.033, 0.03, 0.027, 0.016, 0.0092],
    [2.3, 1.0, 0.53, 0.35, 0.16, 0.075, 0.067, 0.061, 0.036, 0.021],
    [4.3, 1.9, 1.0, 0.66, 0.31, 0.14, 0.13, 0.12, 0.068, 0.039],
    [6.4, 2.8, 1.5, 1.0, 0.46, 0.21, 0.19, 0.17, 0.1, 0.059],
    [14.0, 6.1, 3.3, 2.2, 1.0, 0.46, 0.41, 0.38, 0.22, 0.13],
    [30.0, 13.0, 7.1, 4.7, 2.2, 1.0, 0.89, 0.82, 0.48, 0.28],
    [34.0, 15.0, 7.9, 5.3, 2.4, 1.1, 1.0, 0.91, 0.54, 0.31],
    [37.0, 16.0, 8.7, 5.8, 2.7, 1.2, 1.1, 1.0, 0.59, 0.34],
    [63.0, 28.0, 15.0, 9.8, 4.5, 2.1, 1.9, 1.7, 1.0, 0.58],
    [110.0, 48.0, 25.0, 17.0, 7.8, 3.6, 3.2, 2.9, 1.7, 1.0],
];

/// Supply in volts; it stays the same at every node.
const SUPPLY: f64 = 0.8;

/// Energy is taken to shrink no further below this node, in nm.
const SMALLEST: f64 = 1.0;

/// The energy at node `to` over that at node `from`, both in nm and above 0.
pub(super) fn energy(from: f64, to: f64) -> f64 {
    let (from, to) = (from.max(SMALLEST), to.max(SMALLEST));
    gate_energy(Place::of(to)) / gate_energy(Place::of(from)) * beyond(from, to).sqrt()
}

/// The area at node `to` over that at node `from`, both in nm and above 0. Quirk: between nodes of the table it is not 1 for equal
/// ones.
pub(super) fn area(from: f64, to: f64) -> f64 {
    let (rows, columns) = (Place::of(from), Place::of(to));
    rows.mix(|row| columns.mix(|column| AREA[row][column])) * beyond(from, to)
}

fn gate_energy(place: Place) -> f64 {
    place.mix(|node| {
        let [square, linear, constant] = ENERGY[node];
        square * SUPPLY * SUPPLY + linear * SUPPLY + constant
    })
}

/// How far a pair of nodes lies outside the table.
fn beyond(from: f64, to: f64) -> f64 {
    let outside = |node: f64| node / clamped(node);
    outside(to) / outside(from)
}

fn clamped(node: f64) -> f64 {
    node.clamp(NODES[9], NODES[0])
}

/// A node between two of the table.
#[derive(Clone, Copy)]
struct Place {
    /// Index of the larger neighbour, and of the smaller.
    larger: usize,
    smaller: usize,
    /// Weight of the larger one.
    weight: f64,
}

impl Place {
    fn of(node: f64) -> Self {
        let node = clamped(node);
        let smaller = NODES.iter().position(|&each| each <= node).unwrap_or(NODES.len() - 1);
        if smaller == 0 {
            return Self { larger: 0, smaller: 0, weight: 0.0 };
        }
        let larger = smaller - 1;
        // Quirk: the plug-in exchanges the weights, so that 40 nm counts as 37 nm. At a node itself there is nothing to mix.
        let share = (node - NODES[smaller]) / (NODES[larger] - NODES[smaller]);
        let weight = if share > 0.0 { 1.0 - share } else { 0.0 };
        Self { larger, smaller, weight }
    }

    fn mix(self, value: impl Fn(usize) -> f64) -> f64 {
        if self.weight > 0.0 {
            self.weight * value(self.larger) + (1.0 - self.weight) * value(self.smaller)
        } else {
            value(self.smaller)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a / b - 1.0).abs() < 1e-12, "{a} is not {b}");
    }

    #[test]
    fn nodes_of_the_table_scale_by_the_table() {
        close(area(45.0, 65.0), 1.5);
        close(area(7.0, 7.0), 1.0);
        // Both mixed by the exchanged weights, even if they are the same node.
        close(area(40.0, 40.0), (25.0 + 64.0 + 40.0 * (0.46 + 2.2)) / 169.0);
        close(energy(45.0, 65.0), 0.8598 / 0.69302);
        close(energy(130.0, 130.0), 1.0);
    }

    #[test]
    fn weights_between_nodes_are_exchanged() {
        // t = 8/13 between 32 and 45 nm; the larger node weighs 1 - t.
        let at_40 = 5.0 / 13.0 * 0.69302 + 8.0 / 13.0 * 0.456_936;
        close(energy(40.0, 45.0), 0.69302 / at_40);
        close(area(40.0, 45.0), 5.0 / 13.0 + 8.0 / 13.0 * 2.2);
    }

    #[test]
    fn outside_the_table_the_ratio_of_the_nodes_counts() {
        close(energy(130.0, 260.0), 2.0_f64.sqrt());
        close(area(7.0, 3.5), 0.5);
        close(energy(7.0, 0.25), (1.0_f64 / 7.0).sqrt());
        assert!(energy(45.0, 1e-300).is_finite() && area(45.0, 1e300).is_finite());
    }
}
