//! The progress of a run: bars on a terminal, a line now and then elsewhere.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::printer::Printer;
use super::time_left::{RunState, TimeLeft};
use crate::mapper::Status;
use crate::model::Cost;
use crate::numbers::{count, real};
use crate::run::{Done, Plan};

/// Time between two lines where no bars are drawn.
const SILENCE: Duration = Duration::from_secs(10);

/// Shows what the workers of a run do.
pub(super) struct RunProgress<'a> {
    plan: &'a Plan,
    printer: &'a Printer,
    bars: Option<Bars>,
    begun: Instant,
    /// Rounds of searches like this one that come after it.
    later: usize,
    state: Mutex<State>,
}

struct Bars {
    all: MultiProgress,
    layers: ProgressBar,
    workers: Vec<ProgressBar>,
}

struct State {
    layers: usize,
    of_layers: usize,
    /// Of the layers, those that took no time.
    cached: usize,
    /// Jobs that each network waits for.
    waiting: Vec<usize>,
    /// Weight of the searches: all, and those done.
    weight: f64,
    weight_done: f64,
    /// What each worker does.
    workers: Vec<Worker>,
    last_line: Instant,
    /// Searches that are finished.
    finished: usize,
    /// Of these, the one that took longest.
    slowest: Option<Slowest>,
    left: TimeLeft,
}

/// A finished search.
#[derive(Clone, Copy)]
struct Slowest {
    seconds: f64,
    weight: f64,
    layers: usize,
}

#[derive(Clone, Default)]
struct Worker {
    job: Option<usize>,
    share: f64,
    best: Option<Cost>,
}

impl<'a> RunProgress<'a> {
    pub(super) fn new(plan: &'a Plan, printer: &'a Printer, workers: usize, later: usize) -> Self {
        let of_layers = plan.jobs.iter().map(|job| job.layers).sum();
        let mut waiting = vec![0; plan.networks.len()];
        for run in &plan.runs {
            waiting[run.network] += run.jobs.iter().flatten().count();
        }
        let state = State {
            layers: 0,
            of_layers,
            cached: 0,
            waiting,
            weight: plan.jobs.iter().map(|job| job.weight).sum(),
            weight_done: 0.0,
            workers: vec![Worker::default(); workers],
            last_line: Instant::now(),
            finished: 0,
            slowest: None,
            left: TimeLeft::default(),
        };
        let bars = printer.draws_bars().then(|| Bars::new(of_layers, workers));
        Self { plan, printer, bars, begun: Instant::now(), later, state: Mutex::new(state) }
    }

    pub(super) fn started(&self, worker: usize, job: usize) {
        let mut state = self.state();
        if let Some(worker) = state.workers.get_mut(worker) {
            *worker = Worker { job: Some(job), ..Worker::default() };
        }
        self.draw(&mut state, Some(worker));
    }

    pub(super) fn improved(&self, worker: usize, cost: Cost) {
        let mut state = self.state();
        if let Some(worker) = state.workers.get_mut(worker) {
            worker.best = Some(cost);
        }
        self.tell(&mut state, Some(worker));
        self.draw(&mut state, Some(worker));
    }

    pub(super) fn advanced(&self, worker: usize, share: f64) {
        let mut state = self.state();
        if let Some(worker) = state.workers.get_mut(worker) {
            worker.share = share.clamp(0.0, 1.0);
        }
        self.tell(&mut state, Some(worker));
        self.draw(&mut state, Some(worker));
    }

    pub(super) fn finished(&self, worker: Option<usize>, job: usize, done: &Done) {
        let mut state = self.state();
        let planned = &self.plan.jobs[job];
        state.layers += planned.layers;
        if let Some(worker) = worker {
            if state.slowest.is_none_or(|slowest| slowest.seconds < done.seconds) {
                let (weight, layers) = (planned.weight, planned.layers);
                state.slowest = Some(Slowest { seconds: done.seconds, weight, layers });
            }
            state.weight_done += planned.weight;
            state.finished += 1;
            if let Some(worker) = state.workers.get_mut(worker) {
                *worker = Worker::default();
            }
        } else {
            // It takes no time: the rest is what the estimate is about.
            state.weight -= planned.weight;
            state.cached += planned.layers;
        }
        for run in &self.plan.runs {
            let served = run.jobs.iter().flatten().filter(|served| **served == job).count();
            state.waiting[run.network] = state.waiting[run.network].saturating_sub(served);
        }
        if self.printer.is_verbose() {
            self.printer.note(self.told(job, done));
        } else {
            self.tell(&mut state, None);
        }
        self.draw(&mut state, worker);
    }

    /// A line after some silence, where no bars are drawn: how far all is, and what a worker does.
    fn tell(&self, state: &mut State, worker: Option<usize>) {
        if !self.printer.tells_progress() || state.last_line.elapsed() < SILENCE {
            return;
        }
        state.last_line = Instant::now();
        let summary = self.summary(state);
        let mut line = format!("{} of {} layers, {summary}", state.layers, state.of_layers);
        if let Some(worker) = worker.and_then(|worker| state.workers.get(worker)) {
            let _ = write!(line, "; {}", self.describe(worker));
        }
        self.printer.note(line);
    }

    /// Says something above the bars.
    pub(super) fn aside(&self, say: impl FnOnce(&Printer)) {
        match &self.bars {
            Some(bars) => bars.all.suspend(|| say(self.printer)),
            None => say(self.printer),
        }
    }

    /// Takes the bars away.
    pub(super) fn end(&self) {
        if let Some(bars) = &self.bars {
            let _ = bars.all.clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, state: &mut State, worker: Option<usize>) {
        let Some(bars) = &self.bars else { return };
        bars.layers.set_position(state.layers as u64);
        bars.layers.set_message(self.summary(state));
        if let Some((bar, worker)) = worker.and_then(|worker| bars.workers.get(worker).zip(state.workers.get(worker))) {
            bar.set_message(self.describe(worker));
        }
    }

    /// Networks done, and the time that is left.
    fn summary(&self, state: &mut State) -> String {
        let networks = state.waiting.iter().filter(|waiting| **waiting == 0).count();
        let all = self.plan.networks.len();
        let running = || state.workers.iter().filter_map(|worker| Some((worker.share, &self.plan.jobs[worker.job?])));
        let weight = running().map(|(share, job)| share * job.weight).sum::<f64>();
        let layers = running().map(|(share, job)| share * real(count(job.layers))).sum::<f64>();
        // Weights are guesses: the more cautious of two counts.
        let (weight, layers) = (state.weight_done + weight, real(count(state.layers - state.cached)) + layers);
        let share = |weight: f64, layers: f64| {
            (weight / state.weight).min(layers / real(count(state.of_layers - state.cached)))
        };
        let elapsed = self.begun.elapsed().as_secs_f64();
        let usual = state.slowest.map(|slowest| {
            let seconds = elapsed - slowest.seconds / real(count(state.workers.len().max(1)));
            (seconds, share(weight - slowest.weight, layers - real(count(slowest.layers))))
        });
        let now =
            RunState { elapsed, share: share(weight, layers), usual, finished: state.finished, later: self.later };
        let left = state.left.words(now);
        format!("{networks} of {all} networks{left}")
    }

    /// What a worker does.
    fn describe(&self, worker: &Worker) -> String {
        let Some(job) = worker.job else { return String::new() };
        let (network, problem, architecture) = self.plan.label(job);
        let mut text = format!("{architecture} {problem} ({network})");
        if let Some(best) = worker.best {
            let _ = write!(text, ", best EDP {:.3e}", best.edp());
        }
        if worker.share > 0.0 {
            let _ = write!(text, ", {:.0} %", 100.0 * worker.share);
        }
        text
    }

    /// A finished job in one line.
    fn told(&self, job: usize, done: &Done) -> String {
        let (network, problem, architecture) = self.plan.label(job);
        let what = match &done.outcome {
            Ok(solution) => {
                let how = match &solution.status {
                    Status::Optimal => "proved optimal".to_owned(),
                    Status::Gap(gap) => format!("gap {:.1} %", 100.0 * gap),
                    Status::Unknown | Status::Infeasible(_) => "not proved".to_owned(),
                };
                format!("EDP {:.3e} J*cycle, {how}", solution.evaluation.edp())
            }
            Err(error) => error.to_string(),
        };
        let whence = if done.from_cache { "cached".to_owned() } else { format!("{:.2} s", done.seconds) };
        format!("{network}/{architecture}/{problem}: {what} ({whence})")
    }
}

impl Bars {
    fn new(layers: usize, workers: usize) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style =
            |template: &str| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let main = all.add(ProgressBar::new(layers as u64));
        main.set_style(style("{bar:30} {pos}/{len} layers, {elapsed}, {wide_msg}"));
        main.enable_steady_tick(Duration::from_millis(250));
        let bar = |_| {
            let bar = all.add(ProgressBar::new_spinner());
            bar.set_style(style("  {wide_msg}"));
            bar
        };
        let workers = (0..workers).map(bar).collect();
        Self { all, layers: main, workers }
    }
}
