//! Runs a program under watch: its output as it comes, a limit of time, and an end that lets it write what it has.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::bounded_output::Captured;
use super::signal;

/// How often the program and its watcher are looked at.
const PERIOD: Duration = Duration::from_millis(20);

/// How long output is waited for once the program has ended: something that it started may hold the other end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long a program may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// After this long it is told to stop.
    pub(super) time: Option<Duration>,
    /// This long it may take to stop; then it is killed.
    pub(super) grace: Duration,
}

/// One of the two streams of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Output,
    Errors,
}

/// Why a program was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Its watcher wanted it.
    Cancelled,
    /// Its time was over.
    TimedOut,
}

/// A program that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stop: Option<Stop>,
    /// It did not stop when it was told to.
    pub(super) killed: bool,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
}

/// Runs `program` in `folder` to its end.
///
/// # Errors
///
/// If it cannot be started, or not be watched.
pub(super) fn run(
    program: &Path,
    arguments: &[&str],
    folder: &Path,
    limits: Limits,
    on_line: &mut dyn FnMut(Stream, &str),
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<Ended> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    signal::own_group(&mut command);
    let mut running = Running(command.spawn()?);
    signal::started(&running.0);
    // A program that says much waits until its words have been read.
    let (sender, pieces) = sync_channel(64);
    let (stdout, stderr) = (running.0.stdout.take(), running.0.stderr.take());
    stdout.map(|stream| listen(stream, Stream::Output, sender.clone())).transpose()?;
    stderr.map(|stream| listen(stream, Stream::Errors, sender)).transpose()?;
    let mut heard = Heard { stdout: Captured::default(), stderr: Captured::default(), on_line };
    let started = Instant::now();
    let mut stopping: Option<(Stop, Instant)> = None;
    let mut killed = false;
    let status = loop {
        heard.listen(&pieces, PERIOD);
        if let Some(status) = running.0.try_wait()? {
            break status;
        }
        match stopping {
            None => {
                let is_late = limits.time.is_some_and(|limit| started.elapsed() >= limit);
                let stop = if is_cancelled() { Some(Stop::Cancelled) } else { is_late.then_some(Stop::TimedOut) };
                if let Some(stop) = stop {
                    stopping = Some((stop, Instant::now()));
                    if signal::interrupt(&running.0).is_err() {
                        signal::kill(&mut running.0);
                        killed = true;
                    }
                }
            }
            Some((_, since)) if !killed && since.elapsed() >= limits.grace => {
                signal::kill(&mut running.0);
                killed = true;
            }
            Some(_) => {}
        }
    };
    let ended = Instant::now();
    while ended.elapsed() < LAST_WORDS && heard.listen(&pieces, PERIOD) {}
    heard.finish();
    let Heard { stdout, stderr, .. } = heard;
    Ok(Ended { status, stop: stopping.map(|(stop, _)| stop), killed, stdout, stderr })
}

/// A child that does not outlive the watch, however the watch ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            signal::kill(&mut self.0);
            let _ = self.0.wait();
        }
        signal::ended(&self.0);
    }
}

/// Reads a stream on a thread of its own.
fn listen(
    mut stream: impl Read + Send + 'static,
    kind: Stream,
    sender: SyncSender<(Stream, Vec<u8>)>,
) -> io::Result<()> {
    let read = move || {
        let mut buffer = [0; 8192];
        loop {
            match stream.read(&mut buffer) {
                Ok(count) if count > 0 => {
                    if sender.send((kind, buffer[..count].to_vec())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => return,
            }
        }
    };
    thread::Builder::new().name("timeloop-mapper output".to_owned()).spawn(read).map(drop)
}

/// What was heard so far.
struct Heard<'a> {
    stdout: Captured,
    stderr: Captured,
    on_line: &'a mut dyn FnMut(Stream, &str),
}

impl Heard<'_> {
    /// Takes what comes within a period; says whether more may come.
    fn listen(&mut self, pieces: &Receiver<(Stream, Vec<u8>)>, period: Duration) -> bool {
        match pieces.recv_timeout(period) {
            Ok((stream, bytes)) => {
                let captured = match stream {
                    Stream::Output => &mut self.stdout,
                    Stream::Errors => &mut self.stderr,
                };
                captured.add(&bytes, &mut |line| (self.on_line)(stream, line));
                true
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => {
                // Both streams are closed, which programs may do before they end.
                thread::sleep(period);
                false
            }
        }
    }

    fn finish(&mut self) {
        self.stdout.finish(&mut |line| (self.on_line)(Stream::Output, line));
        self.stderr.finish(&mut |line| (self.on_line)(Stream::Errors, line));
    }
}
