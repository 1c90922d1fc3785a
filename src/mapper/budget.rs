//! How much a search may cost.

use std::str::FromStr;
use std::time::{Duration, Instant};

use thiserror::Error;

/// When a search ends though it is not done: after a time, or after a number of evaluated mappings. Unlimited by default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// Seconds of wall time.
    pub seconds: Option<f64>,
    /// Mappings evaluated. The result depends on this number alone, not on the speed of the machine.
    pub evaluations: Option<u64>,
}

impl Budget {
    /// The moment at which the seconds end, counted from now; `None` if they do not end.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let seconds = self.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        seconds.and_then(|seconds| Instant::now().checked_add(seconds))
    }
}

/// A text that cannot be read as a budget.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BudgetError {
    #[error("`{0}` has no unit; write {0}s or {0}m for a time, or {0}mappings for a number of evaluated mappings")]
    NoUnit(String),
    #[error(
        "`{0}` is not a budget; write a time such as 10s, 500ms or 2m, or a number of mappings such as 5000mappings"
    )]
    Form(String),
}

/// The units of a number of mappings.
const MAPPINGS: [&str; 3] = ["mappings", "mapping", "evaluations"];

impl FromStr for Budget {
    type Err = BudgetError;

    /// ```
    /// use onnx2timeloop::mapper::Budget;
    /// let time: Budget = "1.5s".parse()?;
    /// assert_eq!(time.seconds, Some(1.5));
    /// let count: Budget = "100000mappings".parse()?;
    /// assert_eq!(count.evaluations, Some(100_000));
    /// # Ok::<(), onnx2timeloop::mapper::BudgetError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let wrong = || BudgetError::Form(text.to_owned());
        let plain = text.trim();
        let unit_start = plain.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(plain.len());
        let (number, unit) = plain.split_at(unit_start);
        let seconds = match unit {
            "" if number.parse::<f64>().is_ok_and(|number| number > 0.0) => {
                return Err(BudgetError::NoUnit(plain.to_owned()));
            }
            _ if MAPPINGS.contains(&unit) => {
                let evaluations = number.trim().parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
                return Ok(Self { seconds: None, evaluations: Some(evaluations) });
            }
            "ms" => 1e-3,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let seconds = Some(number * seconds).filter(|seconds| *seconds > 0.0 && seconds.is_finite());
        Ok(Self { seconds: Some(seconds.ok_or_else(wrong)?), evaluations: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read_with_their_units() {
        let seconds = |text: &str| text.parse::<Budget>().unwrap().seconds.unwrap();
        for (text, expected) in [("10s", 10.0), ("500ms", 0.5), ("2m", 120.0), ("1.5 h", 5400.0)] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}");
        }
        let mappings = |text: &str| text.parse::<Budget>().unwrap().evaluations.unwrap();
        assert_eq!((mappings("5000mappings"), mappings("5000 evaluations"), mappings("1mapping")), (5000, 5000, 1));
        let message = |text: &str| text.parse::<Budget>().unwrap_err().to_string();
        assert!(message("10").starts_with("`10` has no unit; write 10s or 10m for a time, or 10mappings for"));
        assert!(message("1.5").contains("has no unit") && message("0mappings").contains("is not a budget"));
        for text in [
            "",
            "s",
            "10 parsecs",
            "mappings",
            "1.5mappings",
            "-1mappings",
            "-1s",
            "0",
            "0s",
            "1e400s",
            "1.5",
            "NaNs",
            "infs",
        ] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }
}
