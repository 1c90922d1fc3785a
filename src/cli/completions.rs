//! Completion scripts for shells. They know the presets, metrics and commands, and offer files beside them where both are taken.

use clap::builder::PossibleValuesParser;
use clap::{Arg, Command, CommandFactory};
use clap_complete::{Shell, generate};

use super::args::{Cli, command_names};
use crate::api::{Architecture, SweepObjective};
use crate::mapper::Metric;

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut out = Vec::new();
    generate(shell, &mut completed(), "onnx2timeloop", &mut out);
    let script = String::from_utf8_lossy(&out).into_owned();
    match shell {
        Shell::Bash => with_files_in_bash(&script),
        Shell::Zsh => with_files_in_zsh(&script),
        Shell::Fish => with_files_in_fish(&script),
        _ => script,
    }
}

/// The command line with the words that its values may be. The parser takes others, too, so they stand here only.
fn completed() -> Command {
    let words =
        |words: Vec<String>| move |argument: Arg| argument.value_parser(PossibleValuesParser::from(words.clone()));
    let presets = || words(presets());
    let metrics = || words(Metric::names().into_iter().filter(|name| !name.ends_with('K')).collect());
    let mut command = Cli::command();
    for name in ["run", "dilation", "map"] {
        command = command.mut_subcommand(name, |verb| verb.mut_arg("arch", presets()).mut_arg("metric", metrics()));
    }
    command
        .mut_subcommand("sweep", |verb| {
            let objectives = SweepObjective::names().into_iter().map(str::to_owned).collect();
            verb.mut_arg("arch", presets()).mut_arg("objective", words(objectives))
        })
        .mut_subcommand("evaluate", |verb| verb.mut_arg("arch", presets()))
        .mut_subcommand("arch", |verb| {
            verb.mut_subcommand("show", |show| show.mut_arg("name", presets()))
                .mut_subcommand("check", |check| check.mut_arg("files", presets()))
        })
        .mut_subcommand("man", |verb| verb.mut_arg("command", words(command_names())))
}

fn presets() -> Vec<String> {
    Architecture::presets().map(|preset| preset.name.to_owned()).collect()
}

/// `compgen` offers words, and with `-f` also files.
fn with_files_in_bash(script: &str) -> String {
    let presets = presets().join(" ");
    script.replace(&format!("compgen -W \"{presets}\" --"), &format!("compgen -f -W \"{presets}\" --"))
}

/// Words in parentheses are all that is offered; two kinds are an alternative. A network may stand in place of a command. Behind
/// `*::` an argument hides the options that follow it, behind `*:` it does not.
fn with_files_in_zsh(script: &str) -> String {
    let presets = presets().join(" ");
    let both = format!("{{_alternative \"presets\\:preset\\:({presets})\" \"files\\:file\\:_files\"}}");
    let only = format!("({presets})");
    let lines = script.split_inclusive('\n').map(|line| {
        let takes_files = line.contains(":NAME|FILE:") || line.contains("::files --");
        let line = if takes_files { line.replace(&only, &both) } else { line.to_owned() };
        let line = line.replace("\":: :_onnx2timeloop_commands\"", &format!("\":: :{COMMANDS_AND_FILES_IN_ZSH}\""));
        if line.starts_with("'*::") { line.replacen("'*::", "'*:", 1) } else { line }
    });
    lines.collect()
}

/// What may stand in place of a command.
const COMMANDS_AND_FILES_IN_ZSH: &str =
    "{_alternative 'commands:command:_onnx2timeloop_commands' 'files:network:_files -g \\\"*.onnx(-.)\\\"'}";

/// `-f` leaves files out, `-F` takes them in. Arguments that are no options have no line of their own. A network may stand in
/// place of a command.
fn with_files_in_fish(script: &str) -> String {
    let presets = presets();
    let first = format!(" -r -f -a \"{}\\t", presets[0]);
    let mut script = script.replace(&first, &first.replace(" -f ", " -F "));
    let below = |verb: &str, condition: &str, words: &[String]| {
        format!(
            "complete -c onnx2timeloop -n \"__fish_onnx2timeloop_using_subcommand {verb}{condition}\" {} -a \"{}\"\n",
            if condition.ends_with("check") { "-F" } else { "-f" },
            words.join(" ")
        )
    };
    for place in ["show", "check"] {
        script.push_str(&below("arch", &format!("; and __fish_seen_subcommand_from {place}"), &presets));
    }
    script.push_str(&below("man", "", &command_names()));
    script.push_str("complete -c onnx2timeloop -n \"__fish_onnx2timeloop_needs_command\" -F\n");
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In place of a command a network may stand.
    #[test]
    fn scripts_offer_files_beside_commands() {
        let zsh = script(Shell::Zsh);
        let both = "\":: :{_alternative 'commands:command:_onnx2timeloop_commands' 'files:network:_files -g \\\"*.onnx(-.)\\\"'}\"";
        assert_eq!(zsh.matches(both).count(), 1, "{zsh}");
        let fish = script(Shell::Fish);
        assert!(fish.contains("\"__fish_onnx2timeloop_needs_command\" -F\n"), "{fish}");
        assert!(script(Shell::Bash).contains("-o default onnx2timeloop"));
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(script(shell).contains("skewed"), "{shell}");
        }
    }

    /// The rewriting depends on how the scripts are written.
    #[test]
    fn scripts_offer_presets_and_files() {
        let bash = script(Shell::Bash);
        // run, dilation, sweep, map, evaluate.
        assert_eq!(bash.matches("compgen -f -W \"eyeriss_like ").count(), 5, "{bash}");
        let zsh = script(Shell::Zsh);
        assert_eq!(zsh.matches("{_alternative \"presets\\:preset\\:(eyeriss_like ").count(), 6, "{zsh}");
        assert_eq!(zsh.matches("(eyeriss_like ").count(), 7, "only `arch show` takes no files");
        // Options behind a first file are completed as well.
        assert!(zsh.contains("'*:paths -- ") && !zsh.contains("'*::"), "{zsh}");
        let fish = script(Shell::Fish);
        assert_eq!(fish.matches(" -r -F -a \"eyeriss_like\\t").count(), 5, "{fish}");
        assert!(fish.contains("__fish_seen_subcommand_from show\" -f -a \"eyeriss_like "), "{fish}");
    }
}
