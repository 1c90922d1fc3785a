//! What a search did.

use crate::mapper::Effort;
use crate::mapspace::Mapspace;

/// What was done, and what was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SearchCounts {
    pub(super) evaluations: u64,
    pub(super) valid: u64,
    /// Spatial factors beyond the meshes.
    pub(super) by_mesh: u64,
    pub(super) by_capacity: u64,
    /// More loops than the mapper's settings allow.
    pub(super) by_loops: u64,
    /// Bounds computed of temporal factors of one level, and how many were refused.
    pub(super) tilings: u64,
    pub(super) tilings_by_bound: u64,
    /// Bounds computed of orders, and how many were refused.
    pub(super) orders: u64,
    pub(super) orders_by_bound: u64,
    /// Spatial factors with what is kept, and how many were refused.
    pub(super) subspaces: u64,
    pub(super) subspaces_by_bound: u64,
}

impl SearchCounts {
    pub(super) fn effort(&self, space: &Mapspace) -> Effort {
        let named = |parts: &[(&str, u64)]| parts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Effort {
            mapspace: space.size().parts().map(|(name, size)| (name.to_owned(), size)).to_vec(),
            evaluations: self.evaluations,
            valid: self.valid,
            cuts: named(&[
                ("spatial factors beyond the mesh", self.by_mesh),
                ("tiles beyond a capacity", self.by_capacity),
                ("too many loops", self.by_loops),
                ("spatial factors and bypass choices, by bound", self.subspaces_by_bound),
                ("tilings, by bound", self.tilings_by_bound),
                ("orders, by bound", self.orders_by_bound),
            ]),
        }
    }
}

impl SearchCounts {
    pub(super) fn add(&mut self, counts: &Self) {
        let Self {
            evaluations,
            valid,
            by_mesh,
            by_capacity,
            by_loops,
            tilings,
            tilings_by_bound,
            orders,
            orders_by_bound,
            subspaces,
            subspaces_by_bound,
        } = *counts;
        self.evaluations += evaluations;
        self.valid += valid;
        self.by_mesh += by_mesh;
        self.by_capacity += by_capacity;
        self.by_loops += by_loops;
        self.tilings += tilings;
        self.tilings_by_bound += tilings_by_bound;
        self.orders += orders;
        self.orders_by_bound += orders_by_bound;
        self.subspaces += subspaces;
        self.subspaces_by_bound += subspaces_by_bound;
    }
}
