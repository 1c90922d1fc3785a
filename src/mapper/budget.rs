//! How much a search may cost.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// When a search ends though it is not done: after a time, or after a number of evaluated mappings. Unlimited by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Wall time.
    pub time: Option<Duration>,
    /// Mappings evaluated. The result depends on this number alone, not on the speed of the machine.
    pub evaluations: Option<u64>,
}

/// What is no budget.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no budget; write a time such as 10s, 500ms or 2m, or a number of evaluations such as 100000")]
pub struct BudgetError(String);

impl FromStr for Budget {
    type Err = BudgetError;

    /// ```
    /// use onnx2timeloop::mapper::Budget;
    /// use std::time::Duration;
    /// let time: Budget = "1.5s".parse()?;
    /// assert_eq!(time.time, Some(Duration::from_millis(1500)));
    /// let count: Budget = "100000".parse()?;
    /// assert_eq!(count.evaluations, Some(100_000));
    /// # Ok::<(), onnx2timeloop::mapper::BudgetError>(())
    /// ```
    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let wrong = || BudgetError(text.to_owned());
        let plain = text.trim();
        let at = plain.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(plain.len());
        let (number, unit) = plain.split_at(at);
        let seconds = match unit {
            "" => {
                let evaluations = number.parse().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
                return Ok(Self { time: None, evaluations: Some(evaluations) });
            }
            "ms" => 1e-3,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let number: f64 = number.trim().parse().map_err(|_| wrong())?;
        let time = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        if time.is_zero() { Err(wrong()) } else { Ok(Self { time: Some(time), evaluations: None }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let seconds = |text: &str| text.parse::<Budget>().unwrap().time.unwrap().as_secs_f64();
        for (text, expected) in [("10s", 10.0), ("500ms", 0.5), ("2m", 120.0), ("1.5 h", 5400.0)] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}");
        }
        for text in ["", "s", "10 parsecs", "-1s", "0", "0s", "1e400s", "1.5", "NaNs", "infs"] {
            assert!(text.parse::<Budget>().is_err(), "{text}");
        }
    }
}
