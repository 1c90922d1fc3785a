//! The page of results: its data, its safety, and what a browser makes of it.

mod webdriver;

use std::fs;

use onnx2timeloop::report::page::{Provenance, write};
use onnx2timeloop::report::totals::layers_csv;
use onnx2timeloop::results::{LayerOutcome, NetworkResults, Totals};

use crate::kit::sample;
use webdriver::Browser;

pub(crate) fn provenance() -> Provenance {
    Provenance {
        tool: "onnx2timeloop 0.0.0".into(),
        inputs: vec![("deeplabv3_resnet50.onnx".into(), "0123456789abcdef".repeat(4))],
        facts: vec![("Mapper".into(), "exact search for the lowest EDP".into())],
    }
}

/// What stands between two marks of a page.
pub(crate) fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    page.split_once(from).unwrap().1.split_once(to).unwrap().0
}

#[test]
fn page_shows_findings_layers_and_details() {
    let page = write(&sample(), &provenance()).unwrap();
    let summary = between(&page, "<ol class=\"findings\">", "</section>");
    insta::assert_snapshot!("html_summary", summary);
    let rows = between(&page, "<table id=\"table\">", "</table>");
    insta::assert_snapshot!("html_layers", rows.lines().take(8).collect::<Vec<_>>().join("\n"));
    assert_eq!(page.matches("<details class=\"layer\"").count(), 44);
    insta::assert_snapshot!("html_detail", between(&page, "id=\"d4\">", "</details>"));
}

/// Every number of the table of layers has, in the same row, all the digits of results.csv.
#[test]
fn numbers_of_the_page_are_those_of_the_csv() {
    let results = sample();
    let page = write(&results, &provenance()).unwrap();
    let table = between(&page, "<table id=\"table\">", "</table>");
    let mut rows = table.lines().filter(|line| line.contains("data-v="));
    let mut compared = 0;
    for run in &results {
        let text = layers_csv(run).unwrap();
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let headers = reader.headers().unwrap().clone();
        for record in reader.records().map(Result::unwrap) {
            let row = rows.next().unwrap();
            for column in ["macs", "cycles", "energy_pj", "edp_j_cycle", "utilization", "gflops"] {
                let cell = &record[headers.iter().position(|name| name == column).unwrap()];
                assert!(row.contains(&format!("data-v=\"{cell}\"")), "{column} {cell}: {row}");
                compared += 1;
            }
        }
    }
    assert!(rows.next().is_none() && compared > 200, "{compared}");
}

/// Names and reasons are data: none of them becomes markup.
#[test]
fn hostile_names_stay_text() {
    let mut results = sample();
    let evil = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\u{202e}".repeat(3);
    results[0].network = evil.clone();
    results[0].architecture = evil.clone();
    results[0].energy_source = evil.clone();
    results[0].layers[0].name = evil.clone();
    results[0].layers[1].outcome = LayerOutcome::Failed { reason: evil.clone() };
    let provenance = Provenance { tool: evil.clone(), inputs: vec![(evil.clone(), evil.clone())], facts: vec![] };
    let page = write(&results, &provenance).unwrap();
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
    assert_eq!(page.matches("<script>").count(), 1);
}

/// What is not finite or not there is a dash that sorts last, never a zero.
#[test]
fn unknown_numbers_are_dashes_not_zeros() {
    let mut results = sample();
    for layer in &mut results[0].layers {
        if let LayerOutcome::Mapped(mapped) = &mut layer.outcome {
            (mapped.energy_pj, mapped.gflops, mapped.area_um2) = (f64::NAN, f64::INFINITY, None);
            mapped.components.clear();
        }
    }
    results.truncate(1);
    results[0].totals = Totals::of(&results[0].layers, results[0].cycle_seconds);
    let page = write(&results, &provenance()).unwrap();
    assert!(page.contains("is a number that is not known"));
    assert!(!page.contains("NaN") && !page.contains("inf<"));
    let rows = between(&page, "<table id=\"table\">", "</table>");
    assert_eq!(rows.matches("data-v=\"\">–</td>").count(), 2 * 9);
    assert!(write(&[], &Provenance::default()).unwrap().contains("nothing on nothing"));
}

/// Two networks on the same designs are compared.
#[test]
fn networks_on_the_same_architectures_are_compared() {
    let mut results = sample();
    results.truncate(1);
    let mut twin = results[0].clone();
    twin.network = "undilated".into();
    let sums = twin.totals.sums.as_mut().unwrap();
    sums.energy_pj *= 0.5;
    sums.cycles *= 2;
    results.push(twin);
    let page = write(&results, &provenance()).unwrap();
    let sentence = "undilated takes, of deeplabv3_resnet50, 50.00 % of the energy and 200.00 % of the cycles on eyeriss_like-shipped.";
    assert!(page.contains(sentence), "{}", between(&page, "<ol class=\"findings\">", "</ol>"));
    // The source of energies stands once.
    assert_eq!(page.matches("tables of the recorded run").count(), 1);
}

/// A roof that is not known is not drawn, and why is said.
#[test]
fn an_unknown_roof_is_not_drawn_and_the_reason_is_said() {
    let mut results = sample();
    results.truncate(1);
    let page = |results: &[NetworkResults]| {
        let page = write(results, &provenance()).unwrap();
        between(&page, "<section id=\"roofline\">", "</section>").to_owned()
    };
    let whole = page(&results);
    assert!(whole.contains("peak 336.0 GFLOPs") && whole.contains("no bandwidth of DRAM"), "{whole}");
    for layer in &mut results[0].layers {
        let LayerOutcome::Mapped(mapped) = &mut layer.outcome else { continue };
        mapped.components[0].instances = None;
        mapped.components.iter_mut().for_each(|each| each.bandwidth_words_per_cycle = Some(2.0));
    }
    let other = page(&results);
    assert!(!other.contains("peak") && !other.contains("inf") && !other.contains("no bandwidth"), "{other}");
    assert!(other.contains("the number of compute units is not known"), "{other}");
}

#[test]
#[ignore = "writes a page to look at"]
fn page_to_look_at() {
    let mut results = sample();
    let mut twin = results.clone();
    twin.iter_mut().for_each(|run| run.network = "deeplabv3_resnet50_undilated".into());
    results.extend(twin);
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(folder.join("report.html"), write(&results, &provenance()).unwrap()).unwrap();
}

/// A page in a headless browser; `None` where there is none, and why is printed.
#[expect(clippy::print_stdout, reason = "who runs the tests should know what was left out")]
fn opened(width: u32) -> Option<(Browser, tempfile::TempDir)> {
    let Some(browser) = Browser::start(width) else {
        println!("skipped: no chromedriver on PATH (Debian: apt-get install chromium chromium-driver)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    fs::write(&file, write(&sample(), &provenance()).unwrap()).unwrap();
    browser.open(&format!("file://{}", file.display()));
    Some((browser, folder))
}

#[test]
fn tables_sort_and_filter_in_a_browser() {
    let Some((browser, _folder)) = opened(1280) else { return };
    let number = |expression: &str| browser.value(expression).as_f64().unwrap();
    let text = |expression: &str| browser.value(expression).as_str().unwrap().to_owned();

    // Sorting: by all digits, both ways, unknown numbers last.
    let energies = || -> Vec<String> {
        let cells =
            browser.value("[...document.querySelectorAll('#table tbody tr')].map(row => row.cells[8].dataset.v)");
        cells.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap().to_owned()).collect()
    };
    let sorted = |descending: bool| {
        let values = energies();
        let (last, numbers) = values.split_last().unwrap();
        assert_eq!(last, "", "the failed layer comes last");
        let numbers: Vec<f64> = numbers.iter().map(|value| value.parse().unwrap()).collect();
        assert!(numbers.is_sorted_by(|a, b| if descending { a >= b } else { a <= b }), "{numbers:?}");
    };
    browser.click("#table thead th:nth-child(9) button");
    let first = text("document.querySelector('#table th:nth-child(9)').getAttribute('aria-sort')");
    sorted(first == "descending");
    browser.click("#table thead th:nth-child(9) button");
    let second = text("document.querySelector('#table th:nth-child(9)').getAttribute('aria-sort')");
    sorted(second == "descending");
    assert_ne!(first, second);

    // Words rise first.
    browser.click("#table thead th:nth-child(2) button");
    assert_eq!(text("document.querySelector('#table th:nth-child(2)').getAttribute('aria-sort')"), "ascending");

    // One tab stop for each roofline.
    assert_eq!(number("document.querySelectorAll('circle[tabindex=\"0\"]').length"), 5.0);

    // Filtering: by choice and by words.
    let shown = "[...document.querySelectorAll('#table tbody tr')].filter(row => row.checkVisibility()).length";
    assert_eq!(number(shown), 45.0);
    browser.write("select[name=architecture]", "eyeriss_like-shipped");
    assert_eq!(number(shown), 9.0);
    browser.write("input[name=text]", "3x3 ASPP");
    assert_eq!(number(shown), 1.0);
    assert_eq!(text("document.querySelector('.filters output').textContent"), "1 of 45 rows");

    // Its link opens the mapping.
    assert_eq!(number("document.querySelectorAll('details.layer[open]').length"), 0.0);
    browser.click("#table tbody tr:not([hidden]) a");
    // The page hears of the new address a little later.
    let opened = "document.querySelectorAll('details.layer[open]').length";
    for _ in 0..100 {
        if number(opened) > 0.0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(number(opened), 1.0);
    let opened = text("document.querySelector('details.layer[open]').innerText");
    assert!(opened.contains("aspp_3x3_d12_2048_256") && opened.contains("psum_spad"), "{opened}");

    // Charts answer: the focus on a dot shows what it is.
    browser.value("document.querySelector('circle').focus()");
    let tip = text("document.querySelector('#tip').textContent");
    assert!(
        tip.contains("GFLOPs at") && browser.value("document.querySelector('#tip').checkVisibility()") == true,
        "{tip}"
    );

    // Theme.
    let background = || text("getComputedStyle(document.body).backgroundColor");
    let before = background();
    browser.click("nav button");
    assert_ne!(background(), before);
    browser.click("nav button");
    assert_eq!(background(), before);

    assert_eq!(number("performance.getEntriesByType('resource').length"), 0.0, "nothing is fetched");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// On a phone nothing is wider than the screen but what scrolls by itself.
#[test]
fn nothing_is_wider_than_a_phone() {
    let Some((browser, _folder)) = opened(360) else { return };
    let width = browser.value("document.documentElement.clientWidth").as_f64().unwrap();
    // Headless windows have a least width of their own.
    assert!(width <= 520.0, "{width}");
    browser.value("document.querySelectorAll('details').forEach(each => { each.open = true; })");
    assert_eq!(browser.value("document.documentElement.scrollWidth").as_f64().unwrap(), width);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
