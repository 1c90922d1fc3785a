//! How much memory a message takes once decoded, estimated before it is: an empty message is two bytes in a file and hundreds in
//! memory, so a file of nothing but these would fill any machine.

use bytes::Buf;
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

/// Memory that any file may take.
const ALLOWANCE: u64 = 256 << 20;

/// Memory that a byte of structure may take beyond that. Real files take 2 to 5.
const PER_BYTE: u64 = 10;

/// Subgraphs in subgraphs; the decoder has the same limit.
const MAX_DEPTH: u32 = 100;

/// Payloads at least this long stay in the file.
const LONG: u64 = 4096;

/// What a length-delimited field holds.
#[derive(Clone, Copy)]
enum Field {
    /// A message of this kind, whose own struct takes so many bytes.
    Message(&'static [(u32, Field)], u64),
    /// A text, bytes, or a message without messages inside; so many bytes besides its content.
    Leaf(u64),
    /// Packed numbers of so many bytes each.
    Packed(u64),
}

const ENTRY: Field = Field::Leaf(48);
const TEXT: Field = Field::Leaf(24);
static TENSOR: [(u32, Field); 3] = [(1, Field::Packed(8)), (8, Field::Leaf(0)), (13, ENTRY)];
static SPARSE: [(u32, Field); 3] =
    [(1, Field::Message(&TENSOR, 0)), (2, Field::Message(&TENSOR, 0)), (3, Field::Packed(8))];
static VALUE_INFO: [(u32, Field); 2] = [(1, Field::Leaf(0)), (2, Field::Message(&TYPE, 40))];
static TYPE: [(u32, Field); 2] = [(1, Field::Message(&TENSOR_TYPE, 0)), (8, Field::Message(&TENSOR_TYPE, 0))];
static TENSOR_TYPE: [(u32, Field); 1] = [(2, Field::Message(&SHAPE, 24))];
static SHAPE: [(u32, Field); 1] = [(1, Field::Leaf(32))];
static ATTRIBUTE: [(u32, Field); 9] = [
    (1, Field::Leaf(0)),
    (4, Field::Leaf(0)),
    (5, Field::Message(&TENSOR, 300)),
    (6, Field::Message(&GRAPH, 200)),
    (7, Field::Packed(4)),
    (8, Field::Packed(8)),
    (9, Field::Leaf(32)),
    (11, Field::Message(&GRAPH, 200)),
    (22, Field::Message(&SPARSE, 700)),
];
// A node and its values take as much again in the graph.
static NODE: [(u32, Field); 5] = [
    (1, Field::Leaf(48)),
    (2, Field::Leaf(250)),
    (3, Field::Leaf(0)),
    (5, Field::Message(&ATTRIBUTE, 330)),
    (9, ENTRY),
];
static FUNCTION: [(u32, Field); 7] = [
    (4, TEXT),
    (5, TEXT),
    (6, TEXT),
    (7, Field::Message(&NODE, 500)),
    (9, Field::Leaf(32)),
    (11, Field::Message(&ATTRIBUTE, 330)),
    (12, Field::Message(&VALUE_INFO, 80)),
];
static GRAPH: [(u32, Field); 6] = [
    (1, Field::Message(&NODE, 500)),
    (5, Field::Message(&TENSOR, 550)),
    (11, Field::Message(&VALUE_INFO, 250)),
    (12, Field::Message(&VALUE_INFO, 80)),
    (13, Field::Message(&VALUE_INFO, 80)),
    (15, Field::Message(&SPARSE, 1200)),
];
static MODEL: [(u32, Field); 3] =
    [(7, Field::Message(&GRAPH, 200)), (8, Field::Leaf(32)), (25, Field::Message(&FUNCTION, 250))];

/// Whether a model may be decoded. Reads its structure, no payload.
///
/// # Errors
///
/// What is wrong with the bytes, or that they would take too much memory.
pub(super) fn check(model: &mut impl Buf) -> Result<(), String> {
    let mut scan = Scan { memory: 0, structure: 0 };
    let end = model.remaining();
    scan.message(model, end, &MODEL, MAX_DEPTH).map_err(|error| error.to_string())?;
    let allowed = ALLOWANCE + PER_BYTE * scan.structure;
    if scan.memory > allowed {
        return Err(format!(
            "its structure of {} bytes would need about {} MiB of memory; it is refused",
            scan.structure,
            scan.memory >> 20
        ));
    }
    Ok(())
}

struct Scan {
    memory: u64,
    /// Bytes that do not belong to a payload.
    structure: u64,
}

impl Scan {
    fn message(
        &mut self,
        buffer: &mut impl Buf,
        length: usize,
        fields: &[(u32, Field)],
        depth: u32,
    ) -> Result<(), DecodeError> {
        // The decoder itself reports these, with the place.
        let Some(end) = buffer.remaining().checked_sub(length) else { return Ok(()) };
        if depth == 0 {
            buffer.advance(length);
            return Ok(());
        }
        while buffer.remaining() > end {
            let before = buffer.remaining();
            let (tag, wire) = decode_key(buffer)?;
            let field = fields.iter().find(|(number, _)| *number == tag).map(|(_, field)| *field);
            if wire != WireType::LengthDelimited {
                skip_field(wire, tag, buffer, DecodeContext::default())?;
                self.structure += (before - buffer.remaining()) as u64;
                continue;
            }
            let bytes = decode_varint(buffer)?;
            let Some(size) = usize::try_from(bytes).ok().filter(|size| *size <= buffer.remaining()) else {
                return Ok(());
            };
            self.structure += (before - buffer.remaining()) as u64;
            match field {
                Some(Field::Message(inner, own)) => {
                    self.memory = self.memory.saturating_add(own);
                    self.message(buffer, size, inner, depth - 1)?;
                    continue;
                }
                Some(Field::Leaf(own)) => self.memory = self.memory.saturating_add(own + bytes),
                Some(Field::Packed(width)) => self.memory = self.memory.saturating_add(bytes.saturating_mul(width)),
                None => {}
            }
            self.structure += if bytes < LONG || field.is_some() { bytes } else { 0 };
            buffer.advance(size);
        }
        Ok(())
    }
}
