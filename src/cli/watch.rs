//! Shows how a search gets on.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::interrupt;
use super::printer::Printer;
use crate::mapper::Progress;
use crate::mapping::Mapping;
use crate::model::Cost;
use crate::results::quantity::si;

/// Time between two lines where no bar is drawn.
const PAUSE: Duration = Duration::from_secs(2);

/// Parts of the bar.
const PARTS: u64 = 1000;

/// A bar on a terminal; else lines: for every better mapping if the user wants to know more, or one now and then. Ctrl-C ends
/// the search.
pub(super) struct Watch<'a> {
    printer: &'a Printer,
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    began: Instant,
    /// When the last line was said, or the search began.
    said: Instant,
}

impl<'a> Watch<'a> {
    pub(super) fn new(printer: &'a Printer) -> Self {
        let now = Instant::now();
        let bar = printer.search_bar(PARTS);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { printer, bar, state: Mutex::new(State { began: now, said: now }) }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Watch<'_> {
    fn improved(&self, _: &Mapping, cost: Cost) {
        self.reported(cost);
    }

    fn reported(&self, cost: Cost) {
        let text = format!(
            "best so far: EDP {:.3e} J*cycle, {}, {} cycles",
            cost.edp(),
            si(cost.energy_pj * 1e-12, "J"),
            cost.cycles
        );
        if self.printer.draws_bars() {
            self.bar.set_message(text);
            return;
        }
        // A poisoned lock holds times all the same.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.printer.is_verbose() || state.said.elapsed() >= PAUSE {
            state.said = Instant::now();
            self.printer.note(format!("{:.1} s: {text}", state.began.elapsed().as_secs_f64()));
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share")]
    fn advanced(&self, share: f64) {
        self.bar.set_position((share.clamp(0.0, 1.0) * PARTS as f64) as u64);
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested()
    }
}
