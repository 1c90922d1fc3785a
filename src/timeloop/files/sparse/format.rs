//! Reads how levels hold data spaces: ranks with their formats and words.

use super::Reader;
use crate::architecture::Level;
use crate::model::{Rank, RankFormat, RankOrder, Representation};
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::warning::suggestion;

const SPACE: [&str; 4] = ["name", "ranks", "rank_application_order", "compression_rate"];
const RANK: [&str; 4] = ["format", "metadata_word_bits", "payload_word_bits", "flattened_rankIDs"];

/// Bits of a word that are counted at most.
const MAX_WORD_BITS: u64 = 1 << 20;

impl Reader<'_> {
    /// A later table of a level takes the place of an earlier one.
    pub(super) fn formats(&mut self, node: &Node, level: usize) -> Result<(), FormatError> {
        self.check_keys(node, &["data_spaces"])?;
        let mut formats = vec![None; self.terms.problem.data_spaces().len()];
        for stated in node.list_of("data_spaces")? {
            self.check_keys(&stated, &SPACE)?;
            let space = self.terms.data_space(&stated.require("name")?)?;
            formats[space] = Some(self.representation(&stated, level)?);
        }
        let earlier = &self.settings.levels[level].formats;
        if let Some(space) = (0..formats.len()).find(|space| earlier[*space].is_some() && formats[*space].is_none()) {
            let name = &self.terms.problem.data_spaces()[space].name;
            return Err(node.invalid(format!(
                "an earlier table of this level has a format of `{name}` and this one, which takes its place, has none; state it \
                 here, too"
            )));
        }
        self.settings.levels[level].formats = formats;
        Ok(())
    }

    fn representation(&mut self, node: &Node, level: usize) -> Result<Representation, FormatError> {
        let name = &self.terms.architecture.levels()[level].name;
        let Some(stated) = node.get("ranks") else {
            return Err(node.invalid(format!("keyword \"ranks\" missing in data representation specification: {name}")));
        };
        let order = match node.get("rank_application_order") {
            None => RankOrder::OuterToInner,
            Some(order) => match order.text()?.replace('-', "_").as_str() {
                "outer_to_inner" => RankOrder::OuterToInner,
                "inner_to_outer" => RankOrder::InnerToOuter,
                other => {
                    let hint = suggestion(other, ["outer_to_inner", "inner_to_outer"]);
                    return Err(
                        order.invalid(format!("compression rank application order not recognized: {other}{hint}"))
                    );
                }
            },
        };
        let mut ranks = Vec::new();
        let mut uncompressed_inside = false;
        for rank in stated.list()?.iter().rev() {
            let read = self.rank(rank, level)?;
            if read.format.is_compressed() && uncompressed_inside {
                return Err(rank.invalid(format!(
                    "data representation format not supported,currently do not support lower rank uncompressed, upper rank \
                     compressed formats: {}",
                    read.format.name()
                )));
            }
            uncompressed_inside |= !read.format.is_compressed();
            ranks.push(read);
        }
        let representation = Representation { ranks, order };
        if let Some(rate) = node.get("compression_rate") {
            if !representation.is_compressed() {
                return Err(rate.invalid(" cannot have compression rate for uncompressed data"));
            }
            self.warnings.push(rate.warning("it has no effect"));
        }
        Ok(representation)
    }

    fn rank(&mut self, node: &Node, level: usize) -> Result<Rank, FormatError> {
        self.check_keys(node, &RANK)?;
        let Some(stated) = node.get("format") else {
            return Err(node.invalid("data representation format specification: keyword \"format\" missing"));
        };
        let name = stated.text()?;
        let known =
            RankFormat::ALL.into_iter().find(|format| name == format.name() || name == format.name().to_uppercase());
        let Some(format) = known else {
            return Err(stated.invalid(format!(
                "parsing specs... unrecognized metadata format name: {name}; it must be UOP, CP, RLE, B or UB"
            )));
        };
        let bits = |key: &str| node.get(key).map(|bits| bits.count()).transpose();
        let (metadata, payload) = (bits("metadata_word_bits")?, bits("payload_word_bits")?);
        let default = match format {
            RankFormat::Bitmask => Some(1),
            _ => None,
        };
        // What is stated of an uncompressed bitmask does not count.
        let (metadata, payload) =
            if format == RankFormat::UncompressedBitmask { (None, None) } else { (metadata.or(default), payload) };
        let mut rules = Vec::new();
        for rule in node.list_of("flattened_rankIDs")? {
            let mut dimensions = Vec::new();
            for name in rule.list()? {
                let text = name.text()?;
                let mut letters = text.chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => dimensions.push(self.terms.dimension(&name, letter)?),
                    _ => return Err(name.invalid(format!("`{text}` is not a dimension of the problem"))),
                }
            }
            if dimensions.is_empty() {
                return Err(rule.invalid("name at least one dimension"));
            }
            rules.push(dimensions);
        }
        Ok(Rank {
            format,
            metadata_bits: self.word_bits(node, level, metadata)?,
            payload_bits: self.word_bits(node, level, payload)?,
            rules,
        })
    }

    /// Bits of a word: the level's where nothing is stated, else so many that a vector of metadata holds whole words.
    fn word_bits(&mut self, node: &Node, level: usize, stated: Option<u64>) -> Result<u64, FormatError> {
        let level: &Level = &self.terms.architecture.levels()[level];
        let Some(stated) = stated else { return Ok(level.metadata.word_bits.unwrap_or(0)) };
        let width = level.metadata.width();
        if stated == 0 {
            return Ok(0);
        }
        if stated > MAX_WORD_BITS {
            return Err(node.invalid(format!("a word of {stated} bits; at most {MAX_WORD_BITS} are counted")));
        }
        let divides = |bits: &u64| width.is_multiple_of(*bits);
        let most = stated.saturating_mul(2);
        // Above the width nothing but 0 divides it.
        let fitting =
            if width == 0 { stated } else { (stated..most.min(width.saturating_add(1))).find(divides).unwrap_or(most) };
        if fitting > width {
            return Err(node.invalid(format!(
                "specified format representation  word bits > metadata storage width at {}: {fitting} bits, and the width is \
                 {width}",
                level.name
            )));
        }
        if fitting != stated {
            self.warnings.push(node.warning(format!(
                "words of {stated} bits do not fill vectors of {width} bits; they count as {fitting} bits"
            )));
        }
        Ok(fitting)
    }
}
