//! What the names of folders say: which network, architecture and layer.
//!
//! The exercises' script writes `DESIGN/outputs/PROBLEM/`; to keep the next run from overwriting it, people rename `outputs` to
//! `outputs_NETWORK`, or put the design's name there, too. The rules, in this order:
//!
//! 1. The layer is the folder with the statistics.
//! 2. The run folder is the nearest one above it that is named `outputs`, `output`, `ref_outputs`, or begins or ends so.
//! 3. Whatever contains the name of a shipped design is the architecture: a folder between run and layer, a part of the run
//!    folder's name, the folder above the run.
//! 4. The rest of the run folder's name is the network. If it has none, the folder between run and layer is; without one, the
//!    run folder itself, under its own name.
//! 5. Without a run folder the last two folders above the layer are network and architecture, as in our own results, unless
//!    the design's name says otherwise.

use std::path::{Component, Path};

use crate::architecture::presets;

/// What the names of the folders above some statistics say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) network: String,
    pub(super) architecture: String,
    pub(super) layer: String,
}

/// How far above the given folder names are looked at.
const ABOVE: usize = 2;

const UNKNOWN: &str = "unknown";

impl Place {
    /// The place of a layer's folder at or below `root`; both are absolute.
    pub(super) fn of(root: &Path, folder: &Path) -> Self {
        let depth = normal(root).count().saturating_sub(ABOVE + 1);
        let names: Vec<String> = normal(folder).skip(depth).collect();
        let Some((layer, above)) = names.split_last() else {
            return Self { network: UNKNOWN.into(), architecture: UNKNOWN.into(), layer: UNKNOWN.into() };
        };
        // The layer's own folder may be the run folder, of one layer.
        if let Some(run) = run_name(layer) {
            let name = if run.is_empty() { layer.clone() } else { run.to_owned() };
            let mut place = Self::below(&[], layer, above, &name);
            if place.network == name {
                place.network = above.iter().rev().nth(1).map_or_else(|| layer.clone(), Clone::clone);
            }
            return place;
        }
        match above.iter().rposition(|name| run_name(name).is_some()) {
            Some(run) => Self::below(&above[run + 1..], &above[run], &above[..run], layer),
            None => Self::without_run(above, layer),
        }
    }

    /// A layer below a run folder, with the folders between the two and those above the run.
    fn below(between: &[String], run: &str, above: &[String], layer: &str) -> Self {
        let rest = run_name(run).unwrap_or_default();
        let (of_name, network) = split_design(rest);
        let known = between.iter().position(|name| design(name).is_some());
        let above = above.last();
        let mut between = between.to_vec();
        let architecture = if let Some(position) = known {
            between.remove(position)
        } else if let Some(design) = of_name {
            design.to_owned()
        } else if let Some(above) =
            above.filter(|above| design(above).is_some() || rest.is_empty() || between.is_empty())
        {
            above.clone()
        } else if between.is_empty() {
            UNKNOWN.to_owned()
        } else {
            between.remove(0)
        };
        let network = if !network.is_empty() {
            network
        } else if between.is_empty() {
            let is_taken = above.is_none_or(|above| *above == architecture);
            if rest.is_empty() || is_taken { run.to_owned() } else { above.cloned().unwrap_or_default() }
        } else {
            between.remove(0)
        };
        between.push(layer.to_owned());
        Self { network, architecture, layer: between.join("/") }
    }

    fn without_run(above: &[String], layer: &str) -> Self {
        let known = above.iter().rposition(|name| design(name).is_some());
        let position = known.or_else(|| above.len().checked_sub(1));
        let architecture = position.and_then(|position| above.get(position)).map_or(UNKNOWN, String::as_str);
        // A design above a network, or the other way round.
        let network =
            position.and_then(|position| above.get(position + 1).or_else(|| above.get(position.checked_sub(1)?)));
        let skipped = position.map_or(0, |position| position + 2).min(above.len());
        let mut path = above[skipped..].to_vec();
        path.push(layer.to_owned());
        Self {
            network: network.map_or(UNKNOWN, String::as_str).to_owned(),
            architecture: architecture.to_owned(),
            layer: path.join("/"),
        }
    }
}

fn normal(path: &Path) -> impl Iterator<Item = String> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    })
}

/// What a run folder's name has beside the word for outputs; `None` if it is not the name of a run folder.
fn run_name(name: &str) -> Option<&str> {
    let bare = name.strip_prefix("ref_").or_else(|| name.strip_prefix("ref-")).unwrap_or(name);
    ["outputs", "output"].into_iter().find_map(|word| {
        let rest = bare.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(['_', '-', '.']));
        let before = || bare.strip_suffix(word).filter(|rest| rest.ends_with(['_', '-', '.']));
        rest.or_else(before).map(trimmed)
    })
}

fn trimmed(name: &str) -> &str {
    name.trim_matches(['_', '-', '.'])
}

/// The shipped design whose name is in a folder's; the longest, if there are several.
fn design(name: &str) -> Option<&'static str> {
    presets::names().filter(|design| name.contains(design)).max_by_key(|design| design.len())
}

/// A design in a run folder's name, and the rest of it.
fn split_design(name: &str) -> (Option<&'static str>, String) {
    let Some(design) = design(name) else { return (None, name.to_owned()) };
    let (before, after) = name.split_once(design).unwrap_or((name, ""));
    let rest: Vec<&str> = [trimmed(before), trimmed(after)].into_iter().filter(|part| !part.is_empty()).collect();
    (Some(design), rest.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Network, architecture and layer of a path in `/data/runs`.
    fn place(root: &str, path: &str) -> [String; 3] {
        let root = Path::new("/data/runs").join(root);
        let Place { network, architecture, layer } = Place::of(&root, &root.join(path));
        [network, architecture, layer]
    }

    #[test]
    fn folders_of_the_exercises_are_placed() {
        // The script's own, seen from several folders.
        for (root, path) in [
            ("", "eyeriss_like/outputs/layer1"),
            ("eyeriss_like", "outputs/layer1"),
            ("eyeriss_like/outputs", "layer1"),
            ("eyeriss_like/outputs/layer1", ""),
        ] {
            assert_eq!(place(root, path), ["outputs", "eyeriss_like", "layer1"], "{root} {path}");
        }
        assert_eq!(place("", "my_design/ref_outputs/default_problem"), ["ref_outputs", "my_design", "default_problem"]);
        assert_eq!(place("", "my_design/outputs/alexnet/layer1"), ["alexnet", "my_design", "layer1"]);
    }

    #[test]
    fn renamed_folders_are_placed() {
        assert_eq!(place("", "eyeriss_like/outputs_deeplabv3/layer1"), ["deeplabv3", "eyeriss_like", "layer1"]);
        assert_eq!(place("", "my_design/outputs-undilated/layer1"), ["undilated", "my_design", "layer1"]);
        assert_eq!(place("", "outputs_deeplabv3/eyeriss_like/layer1"), ["deeplabv3", "eyeriss_like", "layer1"]);
        assert_eq!(place("", "outputs_deeplabv3/my_design/layer1"), ["deeplabv3", "my_design", "layer1"]);
        assert_eq!(place("", "outputs_eyeriss_like_deeplabv3/layer1"), ["deeplabv3", "eyeriss_like", "layer1"]);
        assert_eq!(
            place("", "outputs_deeplabv3_simple_weight_stationary_v2/layer1"),
            ["deeplabv3_v2", "simple_weight_stationary", "layer1"]
        );
        assert_eq!(place("", "outputs_eyeriss_like/deeplabv3/layer1"), ["deeplabv3", "eyeriss_like", "layer1"]);
        assert_eq!(place("mine", "outputs_eyeriss_like/layer1"), ["mine", "eyeriss_like", "layer1"]);
        assert_eq!(place("", "eyeriss_like_65nm/outputs_a/aspp/conv1"), ["a", "eyeriss_like_65nm", "aspp/conv1"]);
        assert_eq!(place("", "deeplabv3_outputs/my_design/layer1"), ["deeplabv3", "my_design", "layer1"]);
        // A run folder of one layer.
        let alone = place("", "simba_like/example_AlexNet_layer1_outputs");
        assert_eq!(alone, ["runs", "simba_like", "example_AlexNet_layer1"]);
    }

    #[test]
    fn folders_without_a_run_folder_are_placed() {
        assert_eq!(place("out", "deeplabv3/my_design/001_conv1"), ["deeplabv3", "my_design", "001_conv1"]);
        assert_eq!(place("out", "eyeriss_like/deeplabv3/001_conv1"), ["deeplabv3", "eyeriss_like", "001_conv1"]);
        assert_eq!(place("out", "deeplabv3/eyeriss_like/001_conv1"), ["deeplabv3", "eyeriss_like", "001_conv1"]);
        assert_eq!(place("out", "conv1"), ["runs", "out", "conv1"]);
        assert_eq!(Place::of(Path::new("/"), Path::new("/")).layer, "unknown");
    }
}
