//! Tables of text: for a terminal, and as CSV.

use std::ops::RangeInclusive;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

/// A line below the header, and no others.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table for a terminal: columns with titles, and a line below the titles.
pub(crate) struct TextTable(Table);

impl TextTable {
    /// A table without rows.
    pub(crate) fn new(titles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(titles.into_iter().map(Into::into).collect::<Vec<String>>());
        Self(table)
    }

    /// Adds a row, a cell for each column.
    pub(crate) fn add_row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.0.add_row(cells.into_iter().collect::<Vec<String>>());
    }

    /// The table as text, with the columns of these indices aligned to the right. The spaces around lines, which are noise in a
    /// file, are left out.
    pub(crate) fn text(mut self, right_aligned: impl IntoIterator<Item = usize>) -> String {
        for index in right_aligned {
            if let Some(column) = self.0.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let flush = |line: String| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end());
        self.0.lines().map(flush).collect()
    }
}

/// What gives way first where a table is wider than the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivesWay {
    /// Names are shortened before columns are left out.
    Names,
    /// Columns are left out before names are shortened.
    Columns,
}

/// A table whose lines fit into `width` columns of a terminal, if that is possible. `render` makes a version of the table, from
/// 0 (all columns) to `versions - 1` (the fewest), with names of a length at most, which lies within `name_lengths`.
pub(crate) fn fitted(
    width: Option<usize>,
    name_lengths: RangeInclusive<usize>,
    versions: usize,
    first: GivesWay,
    render: impl Fn(usize, usize) -> String,
) -> String {
    let (shortest, longest) = name_lengths.into_inner();
    let mut version = 0;
    loop {
        let text = render(version, longest);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let excess = widest.saturating_sub(width.unwrap_or(usize::MAX));
        if excess == 0 {
            return text;
        }
        let is_enough = first == GivesWay::Names && shortest + excess <= longest;
        if is_enough || version + 1 >= versions {
            return render(version, longest.saturating_sub(excess).max(shortest));
        }
        version += 1;
    }
}

/// A name of at most `length` characters, shortened from the middle.
pub(crate) fn shortened(name: &str, length: usize) -> String {
    let characters: Vec<char> = name.chars().collect();
    if characters.len() <= length {
        return name.to_owned();
    }
    let kept = length.saturating_sub(1);
    let (head, tail) = (kept / 2, kept - kept / 2);
    let (first, last) = (&characters[..head], &characters[characters.len() - tail..]);
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

    #[test]
    fn names_are_shortened_from_the_middle() {
        assert_eq!(shortened("classifier.0.convs.1.0", 12), "class…vs.1.0");
        assert_eq!((shortened("abc", 3), shortened("abc", 1)), ("abc".to_owned(), "…".to_owned()));
    }

    /// Names of 8 letters and, in the first version, a column of 6.
    #[test]
    fn too_wide_tables_shorten_names_or_drop_columns() {
        let render =
            |version: usize, length: usize| format!("{}{}", shortened("longname", length), [" column", ""][version]);
        let fitted = |width, first| fitted(Some(width), 4..=8, 2, first, render);
        assert_eq!(fitted(15, GivesWay::Columns), "longname column");
        assert_eq!(
            (fitted(12, GivesWay::Names), fitted(12, GivesWay::Columns)),
            ("lo…me column".into(), "longname".into())
        );
        assert_eq!((fitted(6, GivesWay::Names), fitted(6, GivesWay::Columns)), ("lo…ame".into(), "lo…ame".into()));
        assert_eq!(fitted(1, GivesWay::Columns), "l…me");
    }
}
