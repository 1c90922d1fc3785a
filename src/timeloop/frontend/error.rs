//! What can go wrong between a user's YAML files and the processed specification.
//!
//! Every error carries a [`Place`] (file and key path); the stages collect as many as they can before they give up,
//! so that a user sees all mistakes of a design at once.

use std::fmt;

/// Where an error or warning belongs: a file, a line and a key path inside it. Each may be unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file (or the name given to a text), as the caller wrote it.
    pub file: String,
    /// The line in the file, counted from 1.
    pub line: Option<u32>,
    /// Keys and list positions from the document's root: `architecture.nodes[2].attributes.depth`.
    pub path: String,
}

impl Place {
    /// A place inside a file.
    pub fn new(file: impl Into<String>, path: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, path: path.into() }
    }

    /// The same place on a line.
    #[must_use]
    pub fn on_line(self, line: Option<usize>) -> Self {
        Self { line: line.and_then(|line| u32::try_from(line).ok()), ..self }
    }

    /// `file:12`, or the file alone where no line is known.
    pub fn file_and_line(&self) -> String {
        self.line.map_or_else(|| self.file.clone(), |line| format!("{}:{line}", self.file))
    }

    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self::new(file, "")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.path.is_empty()) {
            (true, true) => f.write_str("input"),
            (true, false) => f.write_str(&self.path),
            (false, true) => f.write_str(&self.file_and_line()),
            (false, false) => write!(f, "{}: {}", self.file_and_line(), self.path),
        }
    }
}

/// One error and where it happened.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {kind}")]
pub struct FrontendError {
    /// File and key path.
    pub place: Place,
    /// What is wrong there.
    #[source]
    pub kind: ErrorKind,
}

impl FrontendError {
    /// An error at a place.
    pub fn new(place: Place, kind: ErrorKind) -> Self {
        Self { place, kind }
    }
}

/// The causes of a [`FrontendError`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ErrorKind {
    /// The operating system refused to give the file.
    #[error("cannot read the file: {0}")]
    Read(String),
    /// A path given to an include function matches nothing.
    #[error("cannot find {wanted:?}; searched {}", searched.join(", "))]
    NotFound {
        /// The path as written.
        wanted: String,
        /// The directories that were tried.
        searched: Vec<String>,
    },
    /// A single-file include matched several files.
    #[error("{wanted:?} matches {count} files; use include_all for several")]
    ManyFound {
        /// The pattern as written.
        wanted: String,
        /// How many files it matches.
        count: usize,
    },
    /// A file includes itself, directly or through others.
    #[error("include cycle: {0}")]
    IncludeCycle(String),
    /// An include left the directory the caller confined the load to.
    #[error("{0:?} lies outside the permitted directory")]
    OutsideRoot(String),
    /// A limit on size, count or depth was passed.
    #[error("{what} exceeds the limit of {limit}")]
    TooLarge {
        /// What grew too far.
        what: String,
        /// The largest permitted value.
        limit: u64,
    },
    /// The template engine refused the file.
    #[error("template: {0}")]
    Template(String),
    /// Variables that a template uses and nothing defines.
    #[error(
        "the template uses {}, which nothing defines; give the value from outside, or write `{{% set {} = ... %}}` above it",
        quoted(.0), .0.first().map_or("NAME", String::as_str)
    )]
    UndefinedVariable(Vec<String>),
    /// The text is not YAML, or not the YAML a configuration may use (duplicate keys, non-scalar keys).
    #[error("YAML: {0}")]
    Yaml(String),
    /// A `<<` or `<<<` key that cannot be applied.
    #[error("merge key: {0}")]
    Merge(String),
    /// The same key is given in two files with contents that cannot be combined.
    #[error("given twice with different contents (first in {first})")]
    Respecified {
        /// Where the first value is.
        first: String,
    },
    /// Two constraints on one node disagree.
    #[error("two constraints disagree: {0}")]
    Contradiction(String),
    /// A required key is absent.
    #[error("missing required key {0:?}")]
    Missing(String),
    /// A required key is absent, and another key looks like it.
    #[error("missing required key {key:?}; is {written:?} meant to be it?")]
    Misspelt {
        /// The key that is required.
        key: String,
        /// The key that looks like it, as written.
        written: String,
    },
    /// A value of the wrong type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What the key accepts.
        expected: String,
        /// What was given.
        found: String,
    },
    /// A value of the right type that makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A specification version other than 0.4.
    #[error("version {0} is not supported; this form is 0.4")]
    Version(String),
    /// A component class that is neither storage, compute, network nor nothing.
    #[error(
        "unknown class {0:?}: a storage class contains DRAM, SRAM, regfile, smartbuffer or storage; a compute class \
         contains mac or compute"
    )]
    UnknownClass(String),
    /// An arithmetic expression that cannot be evaluated.
    #[error("cannot evaluate `{text}`: {cause} (quote the text if a string is meant)")]
    Expression {
        /// The expression as written.
        text: String,
        /// Why it failed.
        cause: Box<crate::timeloop::frontend::expression::ExpressionError>,
    },
    /// The name of a network that is no text.
    #[error(
        "`{name}` without quotes is an expression, which cannot be evaluated; write the name in quotes: `{key}: \"{name}\"`"
    )]
    NameWithoutQuotes {
        /// The key.
        key: String,
        /// The name as written.
        name: String,
    },
    /// A name that nothing declares.
    #[error("unknown {what} {name:?}{}", hint(known))]
    Unknown {
        /// What kind of name was expected.
        what: &'static str,
        /// The name as written.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// A factor such as `C4` or `C=x`.
    #[error("factor {0:?} is not of the form X=4, X<=4 or X>=4")]
    BadFactor(String),
    /// A data space kept by two branches of a `!Parallel` node.
    #[error("data space {space:?} is kept in two branches of the !Parallel node: {} and {}", branches[0], branches[1])]
    KeptTwice {
        /// The data space.
        space: String,
        /// The two branches.
        branches: Box<[String; 2]>,
    },
    /// A data space no branch of a `!Parallel` node keeps.
    #[error(
        "data space {0:?} is kept in no branch of the !Parallel node; add `keep: [{0}]` to a node of one branch, or a \
         branch `!Nothing {{constraints: {{dataspace: {{keep: [{0}]}}}}}}`"
    )]
    NotKept(String),
    /// A container or a fan-out directly under `!Parallel`.
    #[error("{0:?} stands directly under !Parallel, where containers and fan-out are not supported")]
    FanoutInParallel(String),
    /// The innermost node is not a compute component.
    #[error("the last node must be a compute component (class mac or compute), found {0}")]
    LastNotCompute(String),
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn hint(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(" (known: {})", known.join(", ")) }
}

/// All errors of one stage; never empty.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct Errors {
    /// All errors that the stage found, in the order of the document.
    pub errors: Vec<FrontendError>,
    /// Warnings before them, of which one may be the cause.
    pub noticed: Vec<String>,
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        self.noticed.iter().try_for_each(|warning| write!(f, "\nnote: earlier warning: {warning}"))
    }
}

impl From<FrontendError> for Errors {
    fn from(error: FrontendError) -> Self {
        vec![error].into()
    }
}

impl From<Vec<FrontendError>> for Errors {
    fn from(errors: Vec<FrontendError>) -> Self {
        Self { errors, noticed: Vec::new() }
    }
}
