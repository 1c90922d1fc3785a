//! How many mappings there are.

use super::MapspaceSize;

impl MapspaceSize {
    /// The four parts by the names that the real mapper prints.
    pub fn parts(self) -> [(&'static str, u128); 4] {
        [
            ("IndexFactorization", self.index_factorization),
            ("LoopPermutation", self.loop_permutation),
            ("Spatial", self.spatial),
            ("DatatypeBypass", self.datatype_bypass),
        ]
    }

    /// Mappings in all, saturating.
    pub fn total(self) -> u128 {
        self.parts().iter().fold(1, |product, (_, size)| product.saturating_mul(*size))
    }
}
