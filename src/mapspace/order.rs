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
        let known = |list: &[usize]| -> Vec<usize> { list.iter().copied().filter(|each| *each < dimensions).collect() };
        let (innermost, outermost) = (known(&constraints.innermost), known(&constraints.outermost));
        let free = (0..dimensions).filter(|each| !innermost.contains(each) && !outermost.contains(each)).collect();
        Self { innermost, free, outermost }
    }

    /// The one order of the dimensions as the problem lists them.
    pub(crate) fn canonical(dimensions: usize) -> Self {
        Self { innermost: (0..dimensions).collect(), free: Vec::new(), outermost: Vec::new() }
    }

    /// Number of orders.
    pub(crate) fn count(&self) -> u128 {
        (1..=self.free.len()).fold(1u128, |product, each| product.saturating_mul(each as u128))
    }

    /// Which of the loops over `left` may stand innermost of them.
    pub(crate) fn next(&self, left: impl Fn(usize) -> bool) -> &[usize] {
        let first = |list: &'_ [usize]| list.iter().position(|each| left(*each));
        if let Some(at) = first(&self.innermost) {
            return &self.innermost[at..=at];
        }
        if self.free.iter().any(|each| left(*each)) {
            return &self.free;
        }
        first(&self.outermost).map_or(&[], |at| &self.outermost[at..=at])
    }

    /// Whether loops over these dimensions, innermost first, stand in an allowed order.
    pub(crate) fn allows(&self, dimensions: &[usize]) -> bool {
        dimensions
            .iter()
            .enumerate()
            .all(|(at, dimension)| self.next(|each| dimensions[at..].contains(&each)).contains(dimension))
    }

    /// All orders of the dimensions for which `is_loop` holds, innermost first.
    pub(crate) fn all(&self, is_loop: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let loops = |list: &[usize]| -> Vec<usize> { list.iter().copied().filter(|each| is_loop(*each)).collect() };
        let (first, between, last) = (loops(&self.innermost), loops(&self.free), loops(&self.outermost));
        permutations(&between).into_iter().map(|middle| [first.as_slice(), &middle, &last].concat()).collect()
    }
}

/// In lexicographic order of positions.
fn permutations(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..of.len() {
        let others = [&of[..at], &of[at + 1..]].concat();
        all.extend(permutations(&others).into_iter().map(|rest| [&of[at..=at], &rest].concat()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_ends() {
        let constraints = LoopConstraints { innermost: vec![2], outermost: vec![0, 4], ..LoopConstraints::default() };
        let order = Order::new(5, &constraints);
        assert_eq!((order.free.as_slice(), order.count()), (&[1, 3][..], 2));
        assert_eq!(order.all(|_| true), [[2, 1, 3, 0, 4], [2, 3, 1, 0, 4]]);
        assert!(order.allows(&[2, 3, 0]) && order.allows(&[1, 4]) && order.allows(&[]));
        assert!(!order.allows(&[3, 2]) && !order.allows(&[4, 0]) && !order.allows(&[0, 1]));
        assert_eq!(Order::canonical(3).all(|each| each != 1), [[0, 2]]);
    }
}
