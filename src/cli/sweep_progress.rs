//! The progress of a sweep: a bar on a terminal, a line now and then elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use super::interrupt;
use super::printer::Printer;
use super::time_left::{RunState, TimeLeft};
use crate::api::SweepWatcher;
use crate::numbers::{count, real};
use crate::results::sweep::{DesignOutcome, SweepDesign};

/// Time between two lines where no bar is drawn.
const SILENCE: Duration = Duration::from_secs(10);

/// Shows how far a sweep is.
pub(super) struct SweepProgress<'a> {
    printer: &'a Printer,
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    /// When the first design was searched or skipped.
    searching_since: Option<Instant>,
    designs: usize,
    bounded: usize,
    finished: usize,
    searched: usize,
    front: usize,
    said: Instant,
    left: TimeLeft,
}

impl<'a> SweepProgress<'a> {
    pub(super) fn new(printer: &'a Printer) -> Self {
        let now = Instant::now();
        let bar = printer.design_bar();
        bar.enable_steady_tick(Duration::from_millis(250));
        let state = State {
            begun: now,
            searching_since: None,
            designs: 0,
            bounded: 0,
            finished: 0,
            searched: 0,
            front: 0,
            said: now,
            left: TimeLeft::default(),
        };
        Self { printer, bar, state: Mutex::new(state) }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, state: &mut State) {
        let text = if state.bounded < state.designs || state.designs == 0 {
            format!("{} of {} designs are read", state.bounded, state.designs)
        } else {
            let since = state.searching_since.unwrap_or(state.begun);
            let share = |part: usize| real(count(part)) / real(count(state.designs.max(1)));
            let now = RunState {
                elapsed: since.elapsed().as_secs_f64(),
                share: share(state.finished),
                usual: None,
                finished: state.finished,
                later: 0,
            };
            let left = state.left.words(now);
            format!("{} searched, {} on the front{left}", state.searched, state.front)
        };
        self.bar.set_length(state.designs as u64);
        self.bar.set_position(state.finished as u64);
        self.bar.set_message(text.clone());
        if self.printer.tells_progress() && state.said.elapsed() >= SILENCE {
            state.said = Instant::now();
            self.printer.note(format!("{} of {} designs, {text}", state.finished, state.designs));
        }
    }
}

impl SweepWatcher for SweepProgress<'_> {
    fn bounded(&self, designs: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.designs = designs;
        state.bounded += 1;
        self.show(&mut state);
    }

    fn finished(&self, design: &SweepDesign, front: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_searched = !matches!(design.outcome, DesignOutcome::Failed { .. });
        if is_searched {
            state.searching_since.get_or_insert_with(Instant::now);
        }
        state.finished += 1;
        state.searched += usize::from(design.searched().is_some());
        state.front = front;
        if self.printer.is_verbose() {
            let what = match &design.outcome {
                DesignOutcome::Searched(searched) => format!("EDP {:.3e} J*cycle", searched.edp_j_cycle()),
                DesignOutcome::Skipped { dominated_by } => {
                    format!("skipped: design {dominated_by} is better in everything")
                }
                DesignOutcome::Failed { reason } => reason.clone(),
                DesignOutcome::Unfinished => "unfinished".to_owned(),
            };
            self.printer.note(format!("{} ({}): {what}", design.name(), design.shown()));
        }
        self.show(&mut state);
    }

    fn warning(&self, text: String) {
        self.bar.suspend(|| self.printer.warning(text));
    }

    fn is_cancelled(&self) -> bool {
        interrupt::requested()
    }
}
