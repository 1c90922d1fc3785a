//! How long a run will still take, as far as it can be told.

use crate::numbers::{count, real};

/// The estimated end of a run. While no search ends nothing new is known, so the time that is left never rises then: one search that
/// takes long does not drive it up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimeLeft {
    /// Seconds from the beginning to the end, and the searches that were finished when that was estimated.
    end: Option<(f64, usize)>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunState {
    /// Seconds since its beginning.
    pub(super) elapsed: f64,
    /// Share of its work that is done, from 0 to 1.
    pub(super) share: f64,
    /// The same two without the slowest search that is finished, if one is.
    pub(super) usual: Option<(f64, f64)>,
    /// Searches that are finished.
    pub(super) finished: usize,
    /// Rounds like this one that come after it.
    pub(super) later: usize,
}

impl TimeLeft {
    /// The time that is left, in words that follow others; empty before it can be told.
    pub(super) fn words(&mut self, state: RunState) -> String {
        if let Some(left) = estimate(state) {
            let end = state.elapsed + left;
            let known = self.end.filter(|(_, finished)| *finished == state.finished);
            self.end = Some((known.map_or(end, |(known, _)| known.min(end)), state.finished));
        }
        match self.end {
            None => String::new(),
            Some((end, _)) if end > state.elapsed => format!(", about {} left", span(end - state.elapsed)),
            Some(_) => ", longer than estimated".to_owned(),
        }
    }
}

/// Seconds that are left if the rest takes as long as what is done without its slowest search, and later rounds as long as all of
/// it, once enough is done to tell.
fn estimate(RunState { elapsed, share, usual, later, .. }: RunState) -> Option<f64> {
    let whole = elapsed / share;
    let usual = usual.filter(|(seconds, share)| *share > 0.05 && *seconds > 0.0);
    let rest = usual.map_or(whole, |(seconds, share)| seconds / share);
    (share > 0.05 && elapsed > 2.0).then(|| rest * (1.0 - share).max(0.0) + whole * real(count(later)))
}

/// A time for people: `40 s`, `3 min`.
fn span(seconds: f64) -> String {
    if seconds < 90.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(elapsed: f64, share: f64, finished: usize) -> RunState {
        RunState { elapsed, share, usual: None, finished, later: 0 }
    }

    #[test]
    fn time_left_includes_later_rounds() {
        assert_eq!(estimate(state(10.0, 0.5, 1)), Some(10.0));
        assert_eq!(estimate(RunState { later: 2, ..state(10.0, 0.5, 1) }), Some(50.0));
        assert_eq!((estimate(state(1.0, 0.9, 1)), estimate(state(100.0, 0.01, 1))), (None, None));
    }

    /// 60 of 61 searches are finished after 60 s; the last one takes ten minutes.
    #[test]
    fn one_long_search_does_not_raise_the_time_left() {
        let mut left = TimeLeft::default();
        let told: Vec<String> = [60.0, 60.5, 300.0, 660.0].map(|elapsed| left.words(state(elapsed, 0.9, 60))).into();
        assert_eq!(
            told,
            [", about 7 s left", ", about 6 s left", ", longer than estimated", ", longer than estimated"]
        );
        // 100 searches of a second each, of which the eleventh takes five minutes: neither it nor its end raises the estimate.
        let mut left = TimeLeft::default();
        let long = RunState { usual: Some((9.0, 0.09)), ..state(10.0, 0.1, 10) };
        let ended = RunState { usual: Some((10.0, 0.1)), ..state(310.0, 0.11, 11) };
        let told = [long, RunState { elapsed: 50.0, ..long }, ended].map(|state| left.words(state));
        assert_eq!(told, [", about 2 min left", ", about 50 s left", ", about 89 s left"]);
        // Its own progress lowers the estimate, and its end is news.
        let mut left = TimeLeft::default();
        let told = [(60.0, 0.5, 3), (61.0, 0.5, 3), (61.0, 0.9, 3), (61.0, 0.4, 4)];
        let told = told.map(|(elapsed, share, finished)| left.words(state(elapsed, share, finished)));
        assert_eq!(told, [", about 60 s left", ", about 59 s left", ", about 7 s left", ", about 2 min left"]);
    }
}
