//! Orders of the loops of one tiling level (docs/search.md section 1).

use super::LoopConstraints;

/// Which orders a tiling level allows: some dimensions innermost and outermost in a stated order, the others between in any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) innermost: Vec<usize>,
    pub(crate) free: Vec<usize>,
    pub(crate) outermost: Vec<usize>,
}

impl Order {
    pub(crate) fn new(dimensions: usize, constraints: &LoopConstraints) -> Self {
        let known = |list: &[usize]| -> Vec<usize> {
            list.iter().copied().filter(|dimension| *dimension < dimensions).collect()
        };
        let (innermost, outermost) = (known(&constraints.innermost), known(&constraints.outermost));
        let free = (0..dimensions)
            .filter(|dimension| !innermost.contains(dimension) && !outermost.contains(dimension))
            .collect();
        Self { innermost, free, outermost }
    }

    /// One order within the constraints, for loops whose order changes nothing: dimensions whose place is not stated stand
    /// between the stated ones, as the problem lists them.
    pub(crate) fn single(dimensions: usize, constraints: &LoopConstraints) -> Self {
        let Self { innermost, free, outermost } = Self::new(dimensions, constraints);
        Self { innermost: [innermost, free, outermost].concat(), free: Vec::new(), outermost: Vec::new() }
    }

    /// Number of orders.
    pub(crate) fn count(&self) -> u128 {
        (1..=self.free.len()).fold(1u128, |product, factor| product.saturating_mul(factor as u128))
    }

    /// Which of the loops over `left` may stand innermost of them.
    pub(crate) fn next(&self, left: impl Fn(usize) -> bool) -> &[usize] {
        let first = |list: &'_ [usize]| list.iter().position(|dimension| left(*dimension));
        if let Some(position) = first(&self.innermost) {
            return &self.innermost[position..=position];
        }
        if self.free.iter().any(|dimension| left(*dimension)) {
            return &self.free;
        }
        first(&self.outermost).map_or(&[], |position| &self.outermost[position..=position])
    }

    /// Whether loops over these dimensions, innermost first, stand in an allowed order.
    #[cfg(test)]
    pub(crate) fn allows(&self, dimensions: &[usize]) -> bool {
        dimensions
            .iter()
            .enumerate()
            .all(|(position, dimension)| self.next(|left| dimensions[position..].contains(&left)).contains(dimension))
    }

    /// All orders of the dimensions for which `is_loop` holds, innermost first.
    pub(crate) fn all(&self, is_loop: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let loops =
            |list: &[usize]| -> Vec<usize> { list.iter().copied().filter(|dimension| is_loop(*dimension)).collect() };
        let (first, between, last) = (loops(&self.innermost), loops(&self.free), loops(&self.outermost));
        permutations(&between).into_iter().map(|middle| [first.as_slice(), &middle, &last].concat()).collect()
    }
}

/// In lexicographic order of positions.
fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..items.len() {
        let rest = [&items[..first], &items[first + 1..]].concat();
        all.extend(permutations(&rest).into_iter().map(|rest| [&items[first..=first], &rest].concat()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stated_dimensions_stand_at_the_ends() {
        let constraints = LoopConstraints { innermost: vec![2], outermost: vec![0, 4], ..LoopConstraints::default() };
        let order = Order::new(5, &constraints);
        assert_eq!((order.free.as_slice(), order.count()), (&[1, 3][..], 2));
        assert_eq!(order.all(|_| true), [[2, 1, 3, 0, 4], [2, 3, 1, 0, 4]]);
        assert!(order.allows(&[2, 3, 0]) && order.allows(&[1, 4]) && order.allows(&[]));
        assert!(!order.allows(&[3, 2]) && !order.allows(&[4, 0]) && !order.allows(&[0, 1]));
        assert_eq!(Order::single(5, &constraints).all(|_| true), [[2, 1, 3, 0, 4]]);
        let free = LoopConstraints::default();
        assert_eq!(Order::single(3, &free).all(|dimension| dimension != 1), [[0, 2]]);
    }
}
