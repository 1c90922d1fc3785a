//! The order of the folders of `src/`.

use std::collections::{BTreeMap, BTreeSet};

use super::{files, read, sources};

/// What lies in a folder, low to high: a file uses what stands before its own folder, never what stands after it. A new folder gets
/// its place here.
const ORDER: &[(&str, &[&str])] = &[
    (
        "src",
        &[
            "numbers",
            "names",
            "output",
            "warned",
            // Nouns.
            "workload",
            "architecture",
            "mapping",
            // What they cost, and the search for the best.
            "mapspace",
            "model",
            "mapper",
            "results",
            // Files of others.
            "onnx",
            "timeloop",
            "energy",
            // What users see.
            "report",
            "run",
            "sweep",
            "api",
            "cli",
        ],
    ),
    ("src/model", &["nest", "level", "network", "fast", "sparse"]),
    ("src/energy", &["primitive"]),
    ("src/timeloop", &["frontend", "files", "program", "outputs"]),
    ("src/report", &["layers", "totals", "evaluation", "comparison", "charts", "dilation", "page", "sweep"]),
];

/// Uses that run upwards and are known, with the reason. One that is not needed any more fails the test.
const KNOWN_UPWARDS: &[(&str, &str, &str)] = &[];

/// Folders that use each other and are known, with the reason.
const KNOWN_CIRCLES: &[(&str, &str, &str)] = &[];

/// One use: a file names a module that lies elsewhere.
struct Use {
    file: String,
    /// The folder that holds both, and the entries of it on either side.
    folder: String,
    from: String,
    to: String,
}

fn module(file: &str) -> Vec<&str> {
    let mut module: Vec<&str> = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    module.pop_if(|last| ["mod", "lib", "main"].contains(last));
    module
}

fn is_test(file: &str) -> bool {
    file.ends_with("/tests.rs") || file.contains("/tests/")
}

fn uses() -> Vec<Use> {
    let sources = files(&["src"], "rs");
    let modules: BTreeSet<Vec<&str>> = sources.iter().map(|file| module(file)).collect();
    let mut uses = Vec::new();
    for file in sources.iter().filter(|file| !is_test(file)) {
        let own = module(file);
        for path in sources::paths(&sources::code(&read(file)), &own) {
            let shared = own.iter().zip(&path).take_while(|(own, other)| *own == other).count();
            let target: Vec<&str> = path[..path.len().min(shared + 1)].iter().map(String::as_str).collect();
            // A name that the common folder defines itself is no other module's.
            if shared == own.len() || shared == path.len() || !modules.contains(&target) {
                continue;
            }
            let folder = [&["src"], &own[..shared]].concat().join("/");
            uses.push(Use { file: file.clone(), folder, from: own[shared].into(), to: target[shared].into() });
        }
    }
    assert!(uses.len() > 300, "{} uses: are the sources read?", uses.len());
    uses
}

/// The known ones that were needed are taken out of `found`; the others are failures.
fn without_known(mut found: BTreeMap<(String, String), String>, known: &[(&str, &str, &str)]) -> Vec<String> {
    let mut failures = Vec::new();
    for (from, to, _) in known {
        if found.remove(&((*from).to_owned(), (*to).to_owned())).is_none() {
            failures.push(format!("{from} -> {to} does not occur any more: take it from the list of known ones"));
        }
    }
    failures.extend(found.into_values());
    failures
}

#[test]
fn no_folder_uses_a_higher_one() {
    let order: BTreeMap<&str, &[&str]> = ORDER.iter().copied().collect();
    let mut upwards = BTreeMap::new();
    for Use { file, folder, from, to } in uses() {
        let place = |name: &str| order.get(folder.as_str())?.iter().position(|listed| *listed == name);
        if let (Some(own), Some(other)) = (place(&from), place(&to))
            && own < other
        {
            let message = format!("{file} uses {folder}/{to}, which stands above {folder}/{from}");
            upwards.insert((format!("{folder}/{from}"), format!("{folder}/{to}")), message);
        }
    }
    let failures = without_known(upwards, KNOWN_UPWARDS);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_folder_has_its_place_in_the_order() {
    let mut missing = BTreeSet::new();
    for (folder, order) in ORDER {
        for file in files(&[folder], "rs").iter().filter(|file| !is_test(file)) {
            let below = file.strip_prefix(folder).unwrap().trim_start_matches('/');
            // Files need a place only at the top, where some are used by all folders.
            let entry = match below.split_once('/') {
                Some((entry, _)) => entry,
                None if *folder == "src" && !["lib.rs", "main.rs"].contains(&below) => below.trim_end_matches(".rs"),
                None => continue,
            };
            if !order.contains(&entry) {
                missing.insert(format!("{folder}/{entry}"));
            }
        }
    }
    assert!(missing.is_empty(), "without a place in ORDER: {missing:?}");
}

/// Of the folders within one folder, those that reach each other.
fn circles(uses: &[Use]) -> BTreeMap<(String, String), String> {
    let folders: BTreeSet<String> =
        files(&["src"], "rs").iter().map(|file| file.rsplit_once('/').unwrap().0.to_owned()).collect();
    let mut direct: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for Use { file, folder, from, to } in uses {
        let (from, to) = (format!("{folder}/{from}"), format!("{folder}/{to}"));
        if folders.contains(&from) && folders.contains(&to) {
            direct.entry(from).or_default().insert(to, file.clone());
        }
    }
    let reached = |from: &str| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(folder) = open.pop() {
            let next = direct.get(&folder).into_iter().flat_map(BTreeMap::keys);
            open.extend(next.filter(|next| reached.insert((*next).clone())).cloned());
        }
        reached
    };
    let mut circles = BTreeMap::new();
    for (from, targets) in &direct {
        for (to, file) in targets {
            if from < to && reached(to).contains(from) {
                let message = format!("{file}: {from} uses {to}, which uses {from}, directly or through others");
                circles.insert((from.clone(), to.clone()), message);
            }
        }
    }
    circles
}

#[test]
fn no_folders_use_each_other() {
    let failures = without_known(circles(&uses()), KNOWN_CIRCLES);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
