//! Options that were given to a command that has none of the name, and to which commands they belong.

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use crate::report::phrases::listed;

/// The error with the commands that take an unknown option in place of advice on how to pass it as a value.
pub(super) fn with_owners(mut error: Error, program: &Command) -> Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return error };
    let option = argument.split('=').next().unwrap_or_default().to_owned();
    let owners = owners(program, &option);
    if !owners.is_empty() {
        let tip = format!("`{option}` is an option of {}", listed(&owners));
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The commands that have an option, as they are typed.
fn owners(program: &Command, option: &str) -> Vec<String> {
    let takes = |command: &Command| {
        command.get_arguments().any(|argument| {
            let long = argument.get_long().map(|name| format!("--{name}"));
            let short = argument.get_short().map(|letter| format!("-{letter}"));
            !argument.is_hide_set() && [long, short].iter().flatten().any(|name| name == option)
        })
    };
    let mut owners = Vec::new();
    for command in program.get_subcommands() {
        let name = command.get_name();
        owners.extend(takes(command).then(|| format!("`{name}`")));
        let below = command.get_subcommands().filter(|below| takes(below));
        owners.extend(below.map(|below| format!("`{name} {}`", below.get_name())));
    }
    owners
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::args::Cli;
    use super::*;

    #[test]
    fn an_option_of_another_command_is_told_with_its_command() {
        let told = |arguments: &[&str]| {
            let mut program = Cli::command();
            let error = program.try_get_matches_from_mut(arguments).unwrap_err();
            with_owners(error, &program).render().to_string()
        };
        let text = told(&["tool", "convert", "m.onnx", "--jobs=2"]);
        assert!(text.contains("tip: `--jobs` is an option of `run` and `dilation`\n"), "{text}");
        assert!(!text.contains("-- --jobs"), "{text}");
        let text = told(&["tool", "arch", "list", "--energy"]);
        assert!(text.contains("`arch show`"), "{text}");
        let text = told(&["tool", "convert", "m.onnx", "--frob"]);
        assert!(text.contains("-- --frob"), "{text}");
    }
}
