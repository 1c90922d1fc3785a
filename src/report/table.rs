//! Tables of text: for a terminal, and as CSV.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line below the header, and no others.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Blanks between two columns of a [`TextTable`].
const GAP: usize = 3;

/// By how much the line below the titles is longer than they are.
const OVERHANG: usize = 2;

/// A table for a terminal: columns with titles, and a line below the titles.
pub(crate) struct TextTable {
    titles: Vec<String>,
    rows: Vec<Vec<String>>,
    right_aligned: Vec<usize>,
}

impl TextTable {
    /// A table without rows, all its columns aligned to the left.
    pub(crate) fn new(titles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let titles = titles.into_iter().map(Into::into).collect();
        Self { titles, rows: Vec::new(), right_aligned: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn add_row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The table with the columns of these indices aligned to the right.
    pub(crate) fn right_aligned(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.right_aligned = columns.into_iter().collect();
        self
    }

    /// The table as text whose lines fit into `width` columns of a terminal. A wider table becomes several, one below the other,
    /// each of which begins with the first `keys` columns; a cell that is wider than that is wrapped.
    pub(crate) fn text_within(&self, width: Option<usize>, keys: usize) -> String {
        let width = width.map(|width| width.saturating_sub(OVERHANG));
        let blocks = column_blocks(&self.widths(), keys, GAP, width);
        blocks.iter().map(|columns| self.block(columns, width)).collect::<Vec<_>>().join("\n")
    }

    /// Characters of the longest line.
    fn width(&self) -> usize {
        let widths = self.widths();
        widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) + OVERHANG
    }

    /// Characters of the widest cell of each column.
    fn widths(&self) -> Vec<usize> {
        let length = |cell: &String| cell.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let mut widths: Vec<usize> = self.titles.iter().map(length).collect();
        for row in &self.rows {
            widths.iter_mut().zip(row).for_each(|(width, cell)| *width = length(cell).max(*width));
        }
        widths
    }

    /// Some columns as text. The spaces around lines, which are noise in a file, are left out.
    fn block(&self, columns: &[usize], width: Option<usize>) -> String {
        let cells = |row: &[String]| -> Vec<String> {
            columns.iter().map(|column| row.get(*column).cloned().unwrap_or_default()).collect()
        };
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled).set_header(cells(&self.titles));
        for row in &self.rows {
            table.add_row(cells(row));
        }
        for (index, column) in columns.iter().enumerate() {
            if let Some(column) = self.right_aligned.contains(column).then(|| table.column_mut(index)).flatten() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let widths = self.widths();
        let whole = columns.iter().map(|column| widths[*column] + GAP).sum::<usize>() - GAP.min(columns.len());
        if let Some(width) = width.filter(|width| *width < whole) {
            let width = u16::try_from(width + OVERHANG).unwrap_or(u16::MAX);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        let flush = |line: String| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end());
        table.lines().map(flush).collect()
    }
}

/// Which columns stand side by side, so that lines fit into `width`: the first `keys` columns in every block, and of the others
/// as many as there is room for, at least one. `widths` are those of the columns, `gap` is between two of them.
pub(crate) fn column_blocks(widths: &[usize], keys: usize, gap: usize, width: Option<usize>) -> Vec<Vec<usize>> {
    let keys = keys.min(widths.len());
    let room = width.unwrap_or(usize::MAX);
    let key_width = widths[..keys].iter().map(|width| width + gap).sum::<usize>();
    let begin = || (0..keys).collect::<Vec<usize>>();
    let (mut blocks, mut block, mut used) = (Vec::new(), begin(), key_width);
    for (column, own) in widths.iter().enumerate().skip(keys) {
        if block.len() > keys && used + own > room {
            blocks.push(std::mem::replace(&mut block, begin()));
            used = key_width;
        }
        block.push(column);
        used += own + gap;
    }
    blocks.push(block);
    blocks
}

/// What gives way first where a table is wider than the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivesWay {
    /// Names are shortened before columns are left out.
    Names,
    /// Columns are left out before names are shortened.
    Columns,
}

/// The shape of a table that gives way to the width of a terminal.
pub(crate) struct FittedTable {
    /// Columns of the terminal; no limit if absent.
    pub(crate) width: Option<usize>,
    /// Length of names at least and at most.
    pub(crate) name_lengths: RangeInclusive<usize>,
    /// Number of versions, each with fewer columns.
    pub(crate) versions: usize,
    /// What gives way first.
    pub(crate) first: GivesWay,
    /// Columns that every block begins with where even the smallest version is too wide.
    pub(crate) keys: usize,
}

impl FittedTable {
    /// A table whose lines fit into the width. `render` makes a version of the table, from 0 (all columns) to `versions - 1` (the
    /// fewest), with names of a length at most; `left_out` says what a version leaves out.
    pub(crate) fn text(
        &self,
        render: impl Fn(usize, usize) -> TextTable,
        left_out: impl Fn(usize) -> Option<String>,
    ) -> String {
        let (version, name_length) = self.choice(&render);
        let mut text = render(version, name_length).text_within(self.width, self.keys);
        if let Some(words) = left_out(version) {
            text += &wrapped(&words, self.width);
        }
        text
    }

    /// The first version that fits, and the length of its names.
    fn choice(&self, render: &impl Fn(usize, usize) -> TextTable) -> (usize, usize) {
        let (shortest, longest) = (*self.name_lengths.start(), *self.name_lengths.end());
        let Some(width) = self.width else { return (0, longest) };
        let fits = |version: usize, length: usize| render(version, length).width() <= width;
        let last = self.versions.saturating_sub(1);
        for version in 0..=last {
            if fits(version, longest) {
                return (version, longest);
            }
            if self.first == GivesWay::Names || version == last {
                let (mut low, mut high) = (shortest.min(longest), longest);
                if !fits(version, low) {
                    continue;
                }
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if fits(version, middle) { low = middle } else { high = middle }
                }
                return (version, low);
            }
        }
        (last, shortest.min(longest))
    }
}

/// A text in lines of at most so many characters, if its words are not longer.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> String {
    let (mut out, mut used) = (String::new(), 0);
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && width.is_some_and(|width| used + 1 + length > width) {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out + "\n"
}

/// An entry of a list, indented, in lines of at most so many characters.
pub(crate) fn list_entry(text: &str, width: Option<usize>) -> String {
    const INDENT: &str = "  ";
    let lines = wrapped(text, width.map(|width| width.saturating_sub(INDENT.len())));
    lines.lines().fold(String::new(), |all, line| all + INDENT + line + "\n")
}

/// The sentence about columns that are left out; `None` if all are there.
pub(crate) fn left_out_words(titles: &[&str], elsewhere: &str) -> Option<String> {
    let titles = titles.join(", ");
    (!titles.is_empty()).then(|| format!("Too narrow for {titles}; {elsewhere}."))
}

/// The names of a column, of a length at most. Different names stay different: what is left out of all of them lies at the place
/// nearest to the middle where they are not told apart.
pub(crate) struct ShortNames {
    length: usize,
    /// Characters before what is left out.
    head: usize,
    /// The names that would still be the same as others, with a number at their end.
    numbered: HashMap<String, String>,
}

impl ShortNames {
    /// For these names, in any order.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>, length: usize) -> Self {
        let distinct: BTreeSet<&str> = names.into_iter().collect();
        let kept = length.saturating_sub(1);
        let mut heads: Vec<usize> = (0..=kept).collect();
        heads.sort_by_key(|head| (2 * head).abs_diff(kept));
        let different = |head: usize| {
            let short: HashSet<String> = distinct.iter().map(|name| shortened(name, length, head)).collect();
            short.len()
        };
        let mut best = (kept / 2, 0);
        for head in heads {
            let count = different(head);
            if count > best.1 {
                best = (head, count);
            }
            if count == distinct.len() {
                break;
            }
        }
        let mut names = Self { length, head: best.0, numbered: HashMap::new() };
        if best.1 < distinct.len() {
            names.numbered = numbered(&distinct, length, best.0);
        }
        names
    }

    /// One of the names.
    pub(crate) fn of(&self, name: &str) -> String {
        self.numbered.get(name).cloned().unwrap_or_else(|| shortened(name, self.length, self.head))
    }
}

/// The second and later ones of names that are shortened to the same text, each with a number that no other has.
fn numbered(names: &BTreeSet<&str>, length: usize, head: usize) -> HashMap<String, String> {
    let mut taken: HashSet<String> = names.iter().map(|name| shortened(name, length, head)).collect();
    let mut first: HashSet<String> = HashSet::new();
    let mut out = HashMap::new();
    for name in names {
        if first.insert(shortened(name, length, head)) {
            continue;
        }
        let with_number = (2_usize..).find_map(|number| {
            let number = format!("…{number}");
            let room = length.saturating_sub(number.chars().count());
            let text = name.chars().take(room).collect::<String>() + &number;
            taken.insert(text.clone()).then_some(text)
        });
        out.extend(with_number.map(|text| ((*name).to_owned(), text)));
    }
    out
}

/// A name of at most `length` characters: `head` of its first and as many of its last as there is room for.
fn shortened(name: &str, length: usize, head: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= length {
        return name.to_owned();
    }
    let kept = length.saturating_sub(1);
    let (first, last) = (&characters[..head], &characters[characters.len() - (kept - head)..]);
    first.iter().chain(&['…']).chain(last).collect()
}

/// The text that a writer of CSV has made in memory.
///
/// # Errors
///
/// If the writer fails, which it does not in memory.
pub(crate) fn csv_text(writer: csv::Writer<Vec<u8>>) -> Result<String, csv::Error> {
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short<const N: usize>(names: [&str; N], length: usize) -> [String; N] {
        let short = ShortNames::new(names, length);
        names.map(|name| short.of(name))
    }

    #[test]
    fn names_are_shortened_from_the_middle() {
        assert_eq!(short(["classifier.0.convs.1.0"], 12), ["class…vs.1.0"]);
        assert_eq!((short(["abc"], 3), short(["abc"], 1)), (["abc".to_owned()], ["…".to_owned()]));
    }

    #[test]
    fn shortened_names_stay_different() {
        let designs = ["eyeriss_like", "simple_output_stationary", "simple_weight_stationary"];
        assert_eq!(short(designs, 12), ["eyeriss_like", "simple_o…ary", "simple_w…ary"]);
        let layers = ["layer1.0.conv1", "layer1.0.conv2", "layer2.0.conv1", "layer2.0.conv1"];
        assert_eq!(short(layers, 12), ["layer1…conv1", "layer1…conv2", "layer2…conv1", "layer2…conv1"]);
        // No place tells all of these apart.
        assert_eq!(short(["a1b1c", "a1b2c", "a2b1c", "a2b2c"], 3), ["…1c", "…2c", "a…2", "a…3"]);
        assert_eq!(short(["abcdef", "abcdeg"], 1), ["…", "…2"]);
    }

    proptest::proptest! {
        #[test]
        fn shortened_names_are_different_and_fit(names in proptest::collection::vec("[ab1]{0,12}", 0..12), length in 6..12_usize) {
            let distinct: BTreeSet<&str> = names.iter().map(String::as_str).collect();
            let short = ShortNames::new(distinct.iter().copied(), length);
            let shown: Vec<String> = distinct.iter().map(|name| short.of(name)).collect();
            proptest::prop_assert_eq!(shown.iter().collect::<HashSet<_>>().len(), distinct.len());
            proptest::prop_assert!(shown.iter().all(|name| name.chars().count() <= length));
        }
    }

    fn table(version: usize, name_length: usize) -> TextTable {
        let titles = ["name", "column"];
        let mut table = TextTable::new(titles[..2 - version].iter().copied());
        let cells = [ShortNames::new(["longname"], name_length).of("longname"), "1".to_owned()];
        table.add_row(cells.into_iter().take(2 - version));
        table
    }

    /// Names of 8 letters and, in the first version, a column of 6: 17 characters together, and 19 of the line below the titles.
    #[test]
    fn too_wide_tables_shorten_names_or_drop_columns() {
        let fitted = |width, first| {
            let shape = FittedTable { width: Some(width), name_lengths: 4..=8, versions: 2, first, keys: 1 };
            let text = shape.text(table, |version| left_out_words(&["column"][..version], "see elsewhere"));
            text.lines().filter(|line| !line.contains('─')).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(fitted(19, GivesWay::Columns), ["name       column", "longname   1"]);
        assert_eq!(fitted(16, GivesWay::Names), ["name    column", "lo…me   1"]);
        let without = ["name", "longname", "Too narrow for", "column; see", "elsewhere."];
        assert_eq!(fitted(16, GivesWay::Columns), without);
        assert_eq!(fitted(8, GivesWay::Names)[..2], ["name", "lo…ame"]);
        assert_eq!(fitted(8, GivesWay::Columns)[..2], ["name", "lo…ame"]);
    }

    /// What has no room beside the names stands below them, and no line is wider than the terminal.
    #[test]
    fn very_wide_tables_become_blocks() {
        let mut table = TextTable::new((0..40).map(|column| format!("column{column}")));
        table.add_row((0..40).map(|column| column.to_string()));
        let text = table.text_within(Some(60), 1);
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert_eq!(text.matches("column0 ").count(), text.split("\n\n").count());
        assert!((1..40).all(|column| text.contains(&format!("column{column}"))), "{text}");
        assert_eq!(column_blocks(&[5, 9, 9, 30], 1, 3, Some(20)), [vec![0, 1], vec![0, 2], vec![0, 3]]);
        let mut wide = TextTable::new(["name", "reason"]);
        wide.add_row(["conv1".to_owned(), "many words that say why a layer has no mapping at all here".to_owned()]);
        let text = wide.text_within(Some(30), 1);
        assert!(text.lines().all(|line| line.chars().count() <= 30) && text.contains("mapping"), "{text}");
    }
}
