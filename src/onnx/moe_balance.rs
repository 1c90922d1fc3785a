//! How the tokens of a mixture of experts are shared, which no file tells.

/// Which experts take the tokens of a mixture of experts. What a router picks depends on data; the number of
/// multiply-accumulates does not, but how often weights are reused does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MoeBalance {
    /// Tokens are shared evenly among all experts, or one each where there are fewer: `min(experts, tokens x k)` experts work.
    #[default]
    Uniform,
    /// All tokens take the same `k` experts.
    Skewed,
}

impl MoeBalance {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Uniform, Self::Skewed];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Skewed => "skewed",
        }
    }
}
