//! One level as the fast model adds it up.

use super::Sums;
use crate::architecture::{Architecture, Mesh};
use crate::mapping::DataSpaceSet;
use crate::model::accesses::Accesses;
use crate::model::level::{InUse, LevelCosts, Room};
use crate::model::nest::closed_form::{Layout, Shape};
use crate::numbers::real;
use crate::workload::Problem;

/// What the model needs of a level.
#[derive(Clone, Debug)]
pub(super) struct FastLevel {
    instances: u64,
    mesh: Mesh,
    pub(super) costs: LevelCosts,
}

impl FastLevel {
    /// `None` where the cost is more than this: power gating at another level.
    pub(super) fn new(architecture: &Architecture, problem: &Problem, index: usize) -> Option<Self> {
        let level = &architecture.levels()[index];
        if level.power_gated_at.is_some() {
            return None;
        }
        Some(Self { instances: level.instances, mesh: level.mesh, costs: LevelCosts::new(level, problem) })
    }

    /// Whether there are enough instances for the spatial loops outside.
    #[inline]
    pub(super) fn spans(&self, outside: Mesh) -> bool {
        outside.x <= self.mesh.x && outside.y <= self.mesh.y && outside.product() <= self.instances
    }

    /// Whether the tiles kept at `level`, this one, fit, and fill it as much as it asks.
    #[inline]
    pub(super) fn holds(&self, shape: &Shape, layout: &Layout, level: usize, keep: DataSpaceSet) -> bool {
        if self.costs.capacity == u64::MAX {
            return true;
        }
        let is_outermost = level + 1 == layout.levels.len();
        let size =
            |space: usize| if is_outermost { shape.spaces[space].whole } else { layout.levels[level + 1].tile[space] };
        self.costs.room(self.costs.held(keep, size)) == Room::Fits
    }

    /// Adds one data space.
    #[inline]
    pub(super) fn add(&self, sums: &mut Sums, space: usize, accesses: Accesses, instances: u64) {
        let in_use = InUse::always(instances);
        sums.energy_pj += self.costs.instance_energy(accesses, in_use) * real(instances);
        sums.energy_pj += self.costs.address_energy(space, accesses) * real(self.costs.clusters(in_use));
        if self.costs.bandwidth.is_limited() {
            let demand = self.costs.demand(space, accesses);
            sums.demand.reads += demand.reads;
            sums.demand.writes += demand.writes;
        }
    }
}
