//! Where messages go, and how they look.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use console::{Style, Term};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{Color, Global};
use super::hints;
use crate::api;

/// Decides once what is said, in which colours.
pub(super) struct Printer {
    volume: Volume,
    progress: bool,
    /// Whether the progress is told in lines where no bars are drawn.
    progress_lines: bool,
    color: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Volume {
    Quiet,
    Normal,
    Verbose,
}

impl Printer {
    pub(super) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => default_color(),
        };
        let progress = !global.no_progress && !global.quiet && !global.verbose && io::stderr().is_terminal();
        let volume = match (global.quiet, global.verbose) {
            (true, _) => Volume::Quiet,
            (false, true) => Volume::Verbose,
            (false, false) => Volume::Normal,
        };
        Self { volume, progress, progress_lines: !global.no_progress, color }
    }

    /// Before the arguments are known.
    pub(super) fn plain() -> Self {
        Self { volume: Volume::Normal, progress: false, progress_lines: false, color: default_color() }
    }

    /// Whether only errors are said.
    pub(super) fn is_quiet(&self) -> bool {
        self.volume == Volume::Quiet
    }

    /// Whether details are said.
    pub(super) fn is_verbose(&self) -> bool {
        self.volume == Volume::Verbose
    }

    /// Something that went wrong, after what was noticed before it. Lines of its text that begin with `hint:` are marked as such.
    pub(super) fn error(&self, error: &anyhow::Error) {
        let own = error.chain().filter_map(|cause| cause.downcast_ref::<api::Error>());
        self.warnings(own.flat_map(|error| &error.warnings));
        self.failure(&told(error));
        error.chain().filter_map(hints::flags).for_each(|hint| self.hint(&hint));
    }

    /// The same, from text.
    pub(super) fn failure(&self, text: &str) {
        for (number, line) in text.lines().enumerate() {
            match (number, line.strip_prefix("hint: ")) {
                (0, _) => self.line("error:", Style::new().red().bold(), line),
                (_, Some(hint)) => self.hint(hint),
                (_, None) => message(line),
            }
        }
    }

    /// What is wrong with the arguments, as their parser says it.
    pub(super) fn usage(&self, error: &clap::Error) {
        let text = error.render();
        let text = if self.color { text.ansi().to_string() } else { text.to_string() };
        message(text.trim_end());
    }

    fn hint(&self, text: &str) {
        self.line("hint:", Style::new().cyan().bold(), text);
    }

    /// More lines about what went wrong.
    #[expect(clippy::unused_self, reason = "errors are said by the printer, however quiet")]
    pub(super) fn error_lines(&self, text: &str) {
        raw(text.trim_end());
    }

    /// Something that the reader should know.
    pub(super) fn warning(&self, text: impl Display) {
        if !self.is_quiet() {
            self.line("warning:", Style::new().yellow().bold(), &text.to_string());
        }
    }

    /// What was done.
    pub(super) fn note(&self, text: impl Display) {
        if !self.is_quiet() {
            message(&text.to_string());
        }
    }

    fn line(&self, label: &str, style: Style, text: &str) {
        let plain = fitted(&format!("{label} {text}"), message_width());
        let rest = plain.strip_prefix(label).unwrap_or_default();
        raw(&format!("{}{rest}", style.force_styling(self.color).apply_to(label)));
    }

    /// Warnings, a message each.
    pub(super) fn warnings(&self, warnings: impl IntoIterator<Item = impl Display>) {
        for warning in warnings {
            self.warning(warning);
        }
    }

    /// Whether bars are drawn.
    pub(super) fn draws_bars(&self) -> bool {
        self.progress
    }

    /// Whether a line now and then tells the progress.
    pub(super) fn tells_progress(&self) -> bool {
        self.progress_lines && !self.progress
    }

    /// A bar over the parts of one search, drawn where somebody watches.
    pub(super) fn search_bar(&self, parts: u64) -> ProgressBar {
        self.bar_of(parts, "{spinner} {bar:30} {percent:>3} %, {elapsed} {wide_msg}")
    }

    /// A bar over `count` files, drawn where somebody watches.
    pub(super) fn bar(&self, count: u64) -> ProgressBar {
        self.bar_of(count, "{bar:30} {pos}/{len} files, {elapsed} ({eta} left) {wide_msg}")
    }

    /// A bar over the designs of a sweep, drawn where somebody watches.
    pub(super) fn design_bar(&self) -> ProgressBar {
        self.bar_of(0, "{bar:30} {pos}/{len} designs, {elapsed}, {wide_msg}")
    }

    /// Says what is done for as long as it takes, where somebody watches.
    pub(super) fn meanwhile<T>(&self, text: &str, work: impl FnOnce() -> T) -> T {
        let bar = self.bar_of(0, "{spinner} {elapsed} {wide_msg}").with_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        let done = work();
        bar.finish_and_clear();
        done
    }

    fn bar_of(&self, count: u64, template: &str) -> ProgressBar {
        let target = if self.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(count), target);
        bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}

/// An error and its causes in one sentence, and behind it the hints of all of them.
pub(super) fn told(error: &anyhow::Error) -> String {
    let (mut sentence, mut hints) = (String::new(), String::new());
    for cause in error.chain() {
        let message = cause.to_string();
        let (own, hint) = message.split_at(message.find("\nhint: ").unwrap_or(message.len()));
        if !sentence.is_empty() {
            sentence.push_str(": ");
        }
        sentence.push_str(own);
        hints.push_str(hint);
    }
    sentence + &hints
}

/// Data on standard output.
pub(super) fn data(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Columns for tables on standard output: what `COLUMNS` states, else those of the terminal that it is, if it is one.
pub(super) fn width() -> Option<usize> {
    let stated = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let of_terminal = || Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    stated.filter(|columns| *columns > 0).or_else(of_terminal)
}

/// Columns of the terminal that standard error is, if it is one.
fn message_width() -> Option<usize> {
    Term::stderr().size_checked().map(|(_, columns)| usize::from(columns))
}

fn message(text: &str) {
    raw(&fitted(text, message_width()));
}

/// The text with lines of at most so many columns, where its words allow it. What stands in backquotes stays whole, so that a
/// command can be copied; a line that is indented goes on so.
fn fitted(text: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return text.to_owned() };
    text.lines().map(|line| fitted_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn fitted_line(line: &str, width: usize) -> String {
    let indent = &line[..line.len() - line.trim_start().len()];
    let mut fitted = indent.to_owned();
    let mut column = indent.chars().count();
    let mut is_quoted = false;
    for (index, word) in line.trim_start().split(' ').enumerate() {
        let length = columns(word);
        if index > 0 && !is_quoted && column + 1 + length > width {
            fitted.push('\n');
            fitted.push_str(indent);
            column = indent.chars().count();
        } else if index > 0 {
            fitted.push(' ');
            column += 1;
        }
        fitted.push_str(word);
        column += length;
        is_quoted ^= word.matches('`').count() % 2 == 1;
    }
    fitted
}

/// Characters of a text without what only sets its colour.
fn columns(text: &str) -> usize {
    let mut is_color = false;
    let shown = text.chars().filter(|letter| {
        is_color |= *letter == '\x1b';
        let is_shown = !is_color;
        is_color &= *letter != 'm';
        is_shown
    });
    shown.count()
}

/// Sentences as the items of a list on standard output.
pub(super) fn items(sentences: &[String]) -> String {
    listed_within(sentences, width())
}

fn listed_within(sentences: &[String], width: Option<usize>) -> String {
    let item = |sentence: &String| {
        let indented = fitted(&format!("  {sentence}"), width);
        format!("* {}\n", indented.get(2..).unwrap_or_default())
    };
    sentences.iter().map(item).collect()
}

fn raw(line: &str) {
    // Where standard error is closed, there is no way to say so.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

fn default_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_fit_their_terminal() {
        let text = "warning: one two three\n  an indented line `run a b c d e f` end";
        assert_eq!(fitted(text, None), text);
        assert_eq!(fitted(text, Some(16)), "warning: one two\nthree\n  an indented\n  line `run a b c d e f`\n  end");
        assert_eq!(fitted("", Some(5)), "");
        assert_eq!(fitted("unbreakable word", Some(3)), "unbreakable\nword");
        let colored = "\x1b[31merror:\x1b[0m one two";
        assert_eq!(fitted(colored, Some(10)), "\x1b[31merror:\x1b[0m one\ntwo");
        let sentences = ["One two three.".to_owned(), "Four.".to_owned()];
        assert_eq!(listed_within(&sentences, Some(10)), "* One two\n  three.\n* Four.\n");
        assert_eq!(listed_within(&sentences, None), "* One two three.\n* Four.\n");
    }

    #[test]
    fn hints_stand_behind_the_whole_sentence() {
        let error = anyhow::anyhow!("the cause\nhint: first").context("in the middle\nhint: second").context("outside");
        assert_eq!(told(&error), "outside: in the middle: the cause\nhint: second\nhint: first");
        assert_eq!(told(&anyhow::anyhow!("alone")), "alone");
    }
}
