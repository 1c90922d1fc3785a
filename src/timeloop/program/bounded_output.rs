//! What a program says, of which only so much is kept as a person would read.

use std::collections::VecDeque;

/// Kept of the beginning, and as much of the end, in bytes.
const KEPT: usize = 256 * 1024;

/// Longest line that is handed on in one piece, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// A stream of output: its lines as they come, and its beginning and end.
#[derive(Debug, Default)]
pub(super) struct Captured {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
    line: Vec<u8>,
}

impl Captured {
    /// Adds bytes, and hands on every line that they end.
    pub(super) fn add(&mut self, bytes: &[u8], on_line: &mut dyn FnMut(&str)) {
        let of_head = bytes.len().min(KEPT - self.head.len());
        let (head, tail) = bytes.split_at(of_head);
        self.head.extend_from_slice(head);
        self.tail.extend(tail);
        while self.tail.len() > KEPT {
            self.tail.pop_front();
            self.left_out += 1;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let ends = piece.ends_with(b"\n");
            let room = MAX_LENGTH - self.line.len();
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if ends {
                self.end_line(on_line);
            }
        }
    }

    /// Hands on what stands behind the last end of a line.
    pub(super) fn finish(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.line.is_empty() {
            self.end_line(on_line);
        }
    }

    fn end_line(&mut self, on_line: &mut dyn FnMut(&str)) {
        let line = std::mem::take(&mut self.line);
        on_line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
    }

    /// What is kept.
    pub(super) fn text(&self) -> String {
        let (first, second) = self.tail.as_slices();
        let middle = if self.left_out > 0 { format!("\n[{} bytes left out]\n", self.left_out) } else { String::new() };
        let bytes = [&self.head, middle.as_bytes(), first, second].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_from_pieces() {
        let mut captured = Captured::default();
        let mut lines = Vec::new();
        for piece in ["on", "e\ntwo\r\n", "", "thr", "ee"] {
            captured.add(piece.as_bytes(), &mut |line| lines.push(line.to_owned()));
        }
        assert_eq!(lines, ["one", "two"]);
        captured.finish(&mut |line| lines.push(line.to_owned()));
        assert_eq!((lines.last().map(String::as_str), captured.text().as_str()), (Some("three"), "one\ntwo\r\nthree"));
    }

    /// Garbage without end costs no more memory than this.
    #[test]
    fn endless_output_is_kept_short() {
        let mut captured = Captured::default();
        let mut longest = 0;
        captured.add(b"first\n", &mut |_| {});
        let garbage = vec![0xff; 50_000];
        for _ in 0..40 {
            captured.add(&garbage, &mut |line| longest = longest.max(line.len()));
        }
        captured.add(b"\nlast", &mut |line| longest = longest.max(line.chars().count()));
        let text = captured.text();
        assert!(text.starts_with("first\n") && text.ends_with("\nlast"));
        assert!(text.contains("bytes left out]"), "{}", text.len());
        assert!(longest == MAX_LENGTH && text.chars().count() < 3 * KEPT, "{longest}");
    }
}
