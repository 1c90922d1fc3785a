//! Parts of a sweep on several machines, brought together.

use super::{SETS, place, swept};
use crate::cli::place::{Place, assert_same};
use crate::kit::Ran;

fn shard(place: &Place, words: &str, folder: &str) -> Ran {
    let ran =
        place.run(&format!("sweep net.onnx {SETS} --best 2 --chart-format none --cache shared {words} -o {folder}"));
    assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
    ran
}

/// With one cache and one folder, or each with its own.
#[test]
fn shards_together_are_the_bytes_of_one_run() {
    let place = place();
    swept(&place, &format!("net.onnx {SETS} --best 2 --no-cache"), "whole");
    let mut whole = place.files("whole");
    whole.retain(|name, _| !name.starts_with("best/"));
    // The page of the one run links the folders of its best designs, which shards have not.
    let page = String::from_utf8(whole.remove("sweep.html").unwrap()).unwrap();
    assert_eq!(page.matches("\"best/net/").count(), 2);
    let linked = page.split("\"best/net/");
    let without_links: Vec<&str> =
        linked.enumerate().map(|(at, text)| if at == 0 { text } else { text.split_once('"').unwrap().1 }).collect();
    whole.insert("sweep.html".to_owned(), without_links.join("\"\"").into_bytes());
    for count in [2, 5] {
        let folders: Vec<String> = (1..=count).map(|index| format!("of{count}/{}", index % 2)).collect();
        for (index, folder) in folders.iter().enumerate() {
            let ran = shard(&place, &format!("--shard {}/{count}", index + 1), folder);
            assert!(ran.stderr.contains(&format!("this is shard {} of {count}", index + 1)), "{}", ran.stderr);
        }
        let ran = place.run(&format!("report of{count}/0 of{count}/1 --chart-format none -o merged{count}"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_same(&whole, &place.files(&format!("merged{count}")));
    }
}

#[test]
fn shards_that_are_missing_are_named() {
    let place = place();
    for index in [1, 3] {
        shard(&place, &format!("--shard {index}/5"), "parts");
    }
    let ran = place.run("report parts -o merged");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the sweep is not complete: of 5 shards, 2, 4 and 5 are missing"), "{}", ran.stderr);
    let ran = place.run(&format!("sweep net.onnx {SETS} --objective energy --shard 2/5 --chart-format none -o parts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = place.run("report parts");
    assert!(ran.stderr.contains("the shards are not of one sweep"), "{}", ran.stderr);
}

/// As tasks of array jobs are told which they are.
#[test]
fn tasks_of_array_jobs_are_shards() {
    let place = place();
    for task in ["10", "11"] {
        let mut command = place.command(&format!("sweep net.onnx {SETS} --chart-format none --shard auto -o slurm"));
        command.env("SLURM_ARRAY_TASK_ID", task).env("SLURM_ARRAY_TASK_COUNT", "2").env("SLURM_ARRAY_TASK_MIN", "10");
        assert_eq!(Ran::of(&mut command).code, 0);
    }
    assert!(
        place.path("slurm/sweep.shard-1-of-2.json").exists() && place.path("slurm/sweep.shard-2-of-2.json").exists()
    );
    assert_eq!(place.run("report slurm -o slurm").code, 0);
    assert!(place.path("slurm/sweep.json").exists());
}

#[test]
fn the_array_job_of_a_sweep_is_printed() {
    let place = place();
    let mut command = place.command("sweep net.onnx --set PE.meshX=1..4 -o out --print-sbatch 3 --threads 2");
    command.args(["--where", "PE.meshX * 2 > 2"]);
    let ran = Ran::of(&mut command);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for line in [
        "#SBATCH --array=1-3",
        "exec onnx2timeloop sweep net.onnx --set PE.meshX=1..4 -o out --where 'PE.meshX * 2 > 2' --cache out/cache --shard auto \
         --threads \"${SLURM_CPUS_PER_TASK:-1}\" --no-progress",
    ] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
    assert!(!place.path("out").exists());
}
