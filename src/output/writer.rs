//! Files written while other work goes on.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::write_many;

/// Files with their texts.
type Files = Vec<(PathBuf, String)>;

/// Groups of files that wait at most: who makes more waits, too.
const WAITING: usize = 64;

/// Files that are written together, if so many wait.
const TOGETHER: usize = 256;

/// Writes files on a thread of its own, all that wait together: while the disk takes them, the processor does other work.
pub struct Writer {
    sender: Option<SyncSender<Files>>,
    thread: Option<JoinHandle<()>>,
    outcome: Arc<FirstError>,
}

/// The first file that could not be written. None is written after it.
#[derive(Default)]
struct FirstError {
    has_failed: AtomicBool,
    error: Mutex<Option<io::Error>>,
}

impl FirstError {
    fn note(&self, written: io::Result<()>) {
        if let Err(error) = written {
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            self.has_failed.store(true, Ordering::Release);
        }
    }
}

impl Writer {
    /// Begins to wait for files.
    pub fn start() -> Self {
        let outcome = Arc::<FirstError>::default();
        let (sender, receiver) = sync_channel(WAITING);
        let own = Arc::clone(&outcome);
        let thread = thread::Builder::new().name("writer".to_owned()).spawn(move || write_waiting(&receiver, &own));
        match thread {
            Ok(thread) => Self { sender: Some(sender), thread: Some(thread), outcome },
            // No more threads are to be had: then the one that makes the files.
            Err(_) => Self { sender: None, thread: None, outcome },
        }
    }

    /// Writes files, now or soon.
    pub fn add(&self, files: Files) {
        if let Some(files) = match &self.sender {
            Some(sender) => sender.send(files).err().map(|unsent| unsent.0),
            None => Some(files),
        } && !self.has_failed()
        {
            self.outcome.note(write_many(&files));
        }
    }

    /// Whether a file could not be written.
    pub fn has_failed(&self) -> bool {
        self.outcome.has_failed.load(Ordering::Acquire)
    }

    /// Waits until all files are written.
    ///
    /// # Errors
    ///
    /// Of the first file that could not be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.wait();
        self.outcome.error.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err)
    }

    fn wait(&mut self) {
        self.sender = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            self.outcome.note(Err(io::Error::other("the thread that writes files has failed")));
        }
    }
}

/// What was given to a writer is written, also where nobody asks how it went.
impl Drop for Writer {
    fn drop(&mut self) {
        self.wait();
    }
}

/// Writes files until nobody can send any more.
fn write_waiting(receiver: &Receiver<Files>, outcome: &FirstError) {
    while let Ok(mut files) = receiver.recv() {
        while files.len() < TOGETHER
            && let Ok(more) = receiver.try_recv()
        {
            files.extend(more);
        }
        if !outcome.has_failed.load(Ordering::Acquire) {
            outcome.note(write_many(&files));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_of_many_threads_are_all_there_when_a_writer_has_finished() {
        let folder = tempfile::tempdir().unwrap();
        let writer = Writer::start();
        thread::scope(|scope| {
            for maker in 0..4 {
                let (writer, folder) = (&writer, folder.path());
                scope.spawn(move || {
                    for number in 0..50 {
                        let name = format!("{maker}/{number}");
                        writer.add(vec![(folder.join(&name), name)]);
                    }
                });
            }
        });
        writer.finish().unwrap();
        for name in (0..4).flat_map(|maker| (0..50).map(move |number| format!("{maker}/{number}"))) {
            assert_eq!(fs::read_to_string(folder.path().join(&name)).unwrap(), name);
        }
    }

    #[test]
    fn a_writer_tells_the_first_file_that_could_not_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let occupied = folder.path().join("file");
        fs::write(&occupied, "").unwrap();
        let writer = Writer::start();
        writer.add(vec![(occupied.join("below"), String::new())]);
        while !writer.has_failed() {
            thread::yield_now();
        }
        writer.add(vec![(folder.path().join("late"), String::new())]);
        let error = writer.finish().unwrap_err().to_string();
        assert!(error.contains("cannot write `") && error.contains("file/below"), "{error}");
        assert!(!folder.path().join("late").exists());
    }
}
