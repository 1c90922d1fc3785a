//! The manual: a page for the program and one for each command, in roff.

mod text;

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use thiserror::Error;

use super::args::{Cli, command_names};
use crate::names::suggestion;
use text::{ENVIRONMENT, EXAMPLES, EXIT_CODES, FILES};

/// A page that is not there.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "there is no command `{0}`{did_you_mean}\nhint: the commands are {commands}",
    did_you_mean = suggestion(.0, command_names().iter().map(String::as_str)),
    commands = command_names().join(", ")
)]
pub(super) struct UnknownPage(String);

/// Writes the page of a command, or of the whole program.
///
/// # Errors
///
/// If there is no such command, or `out` takes no more.
pub(super) fn write(command: Option<&str>, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut program = Cli::command();
    program.build();
    let Some(name) = command else {
        // What stands below its help has sections of its own here.
        let program = program.after_help("").after_long_help("");
        return Ok(page(&program, None, out)?);
    };
    let command = program.find_subcommand(name).filter(|_| name != "help");
    let command = command.ok_or_else(|| UnknownPage(name.to_owned()))?;
    Ok(page(command, Some(name), out)?)
}

fn page(command: &clap::Command, name: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let man = Man::new(command.clone()).source(format!("onnx2timeloop {}", env!("CARGO_PKG_VERSION")));
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    let mut roff = Roff::default();
    notes(&mut roff, command);
    let is_shown = |commands: &[&str]| name.is_none_or(|name| commands.contains(&name));
    let examples = EXAMPLES.iter().filter(|example| name.is_none_or(|name| example.command() == name));
    section(&mut roff, "EXAMPLES", examples.map(|example| (example.line, example.about)));
    let files = FILES.iter().filter(|entry| is_shown(entry.commands));
    section(&mut roff, "FILES", files.map(|entry| (entry.name, entry.about)));
    let variables = ENVIRONMENT.iter().filter(|entry| is_shown(entry.commands));
    section(&mut roff, "ENVIRONMENT", variables.map(|entry| (entry.name, entry.about)));
    section(&mut roff, "EXIT STATUS", EXIT_CODES);
    see_also(&mut roff, name);
    roff.to_writer(out)
}

/// What stands below the help of a command.
fn notes(roff: &mut Roff, command: &clap::Command) {
    let Some(text) = command.get_after_help().map(ToString::to_string).filter(|text| !text.is_empty()) else { return };
    roff.control("SH", ["NOTES"]);
    for paragraph in text.split("\n\n") {
        roff.control("PP", []).text([roman(paragraph)]);
    }
}

fn section<'a>(roff: &mut Roff, title: &str, entries: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        return;
    }
    roff.control("SH", [title]);
    for (head, about) in entries {
        roff.control("TP", []).text([bold(head)]).text([roman(about)]);
    }
}

fn see_also(roff: &mut Roff, name: Option<&str>) {
    let others =
        command_names().into_iter().filter(|_| name.is_none()).map(|other| format!("onnx2timeloop-{other}(1)"));
    let program = name.map(|_| "onnx2timeloop(1)".to_owned());
    let pages: Vec<String> = others.chain(program).collect();
    roff.control("SH", ["SEE ALSO"]).text([roman(pages.join(", "))]);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ffi::OsString;

    use clap::Parser;

    use super::super::args::with_default_verb;
    use super::*;

    fn text(command: Option<&str>) -> String {
        let mut out = Vec::new();
        write(command, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_page_is_complete() {
        for command in command_names() {
            let page = text(Some(&command));
            for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "SEE ALSO"] {
                assert!(
                    page.contains(&format!(".SH \"{section}\"")) || page.contains(&format!(".SH {section}")),
                    "{command}: {section}\n{page}"
                );
            }
            assert!(
                page.contains(&format!(".TH onnx2timeloop\\-{command} 1"))
                    || page.contains(&format!(".TH onnx2timeloop-{command} 1")),
                "{page}"
            );
        }
        let program = text(None);
        for section in ["FILES", "ENVIRONMENT", "SUBCOMMANDS"] {
            assert!(program.contains(&format!(".SH {section}")), "{section}");
        }
        assert_eq!(
            write(Some("rum"), &mut Vec::new()).unwrap_err().to_string().lines().next(),
            Some("there is no command `rum`; did you mean \"run\"?")
        );
    }

    #[test]
    fn every_example_is_a_command_that_the_program_takes() {
        for example in EXAMPLES {
            // What a shell does with the rest of the line is its own affair.
            let line = example.line.split(['|', '>']).next().unwrap();
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(words[0], "onnx2timeloop");
            let parsed = with_default_verb(words).map(Cli::try_parse_from).unwrap();
            assert!(parsed.is_ok(), "{}: {}", example.line, parsed.unwrap_err());
        }
    }

    #[test]
    fn entries_name_commands_that_exist() {
        let known: HashSet<String> = command_names().into_iter().collect();
        for entry in FILES.iter().chain(ENVIRONMENT) {
            assert!(entry.commands.iter().all(|command| known.contains(*command)), "{}", entry.name);
        }
        let shown: HashSet<&str> = EXAMPLES.iter().map(text::Example::command).collect();
        assert!(known.iter().all(|command| shown.contains(command.as_str())), "{shown:?}");
    }
}
