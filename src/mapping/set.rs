//! A set of data spaces.

/// A set of data spaces, by their index in the problem. Timeloop's problems have at most five; the set holds 32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DataSpaceSet(u32);

impl DataSpaceSet {
    /// How many data spaces a set can hold.
    pub const CAPACITY: usize = 32;

    /// The first `count` data spaces.
    ///
    /// ```
    /// use onnx2timeloop::mapping::DataSpaceSet;
    /// let three = DataSpaceSet::all(3);
    /// assert!(three.contains(2) && !three.contains(3));
    /// ```
    pub fn all(count: usize) -> Self {
        (0..count).collect()
    }

    /// Whether data space `index` is in the set.
    pub fn contains(self, index: usize) -> bool {
        index < Self::CAPACITY && self.0 & (1 << index) != 0
    }

    /// Adds data space `index`; one beyond the capacity is ignored.
    pub fn insert(&mut self, index: usize) {
        if index < Self::CAPACITY {
            self.0 |= 1 << index;
        }
    }

    /// Takes data space `index` out.
    pub fn remove(&mut self, index: usize) {
        if index < Self::CAPACITY {
            self.0 &= !(1 << index);
        }
    }

    /// What is in either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<usize> for DataSpaceSet {
    fn from_iter<T: IntoIterator<Item = usize>>(indices: T) -> Self {
        let mut set = Self::default();
        for index in indices {
            set.insert(index);
        }
        set
    }
}
