//! Attention as its two products, queries x keys and scores x values, with the projection where the operator holds one.
//!
//! Heads that share their keys and values are rows of one product, so that the shared operand is read once. A causal mask
//! saves no multiply-accumulate here: the framework executes the whole products.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Attention.html> (opset 23): past keys are input 4; opset 24 adds the lengths of
//!   padded sequences, opset 25 sliding windows: like a causal mask, neither saves a multiply-accumulate here.
//! * <https://onnx.ai/onnx/operators/onnx__LinearAttention.html> (opset 27): a recurrence, whose products are those of one
//!   token, executed for each.
//! * <https://onnx.ai/onnx/operators/onnx_aionnxpreview_FlexAttention.html>: four dimensions always; it may hold subgraphs
//!   that change scores and probabilities.
//! * <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md>: `Attention` and `QAttention` hold the
//!   projection, with past keys and values at input 4 and 8; `MultiHeadAttention` has the past keys at input 6,
//!   `GroupQueryAttention` at input 3. With `past_present_share_buffer` the past is a buffer that takes the new keys in, too; how
//!   much of it is filled is an operand. The `Packed` forms take the tokens of all sequences in a row, without padding; their
//!   two products are counted for the longest length, which the shape of `token_offset` tells. `QOrderedAttention` has a weight for
//!   each projection. `GatedDeltaNet` is `LinearAttention` with the heads in the shapes. Those that attend to a window and to chosen
//!   tokens (`LongformerAttention`), to chosen blocks (`SparseAttention`), or whose lengths are operands (`PagedAttention`), have work
//!   that depends on data.

use super::node_shapes::NodeShapes;
use super::operator::{Family, OperatorSet, TypeRule, microsoft, onnx, row};
use super::work::{Operand, Product, Work, WorkError, empty, invalid, product};
use crate::workload::MatMul;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "attention, as its two products (and the projection, where it holds one)",
    operators: &[
        onnx("Attention").products(projected),
        onnx("LinearAttention").products(linear),
        row(OperatorSet::Preview, "FlexAttention").products(projected),
        microsoft("Attention").products(packed),
        microsoft("DecoderAttention").declared().not_modelled(),
        microsoft("DecoderMaskedMultiHeadAttention").products(multi_head),
        microsoft("DecoderMaskedSelfAttention").products(packed),
        microsoft("DynamicSparseAttention").declared().not_modelled(),
        microsoft("GatedDeltaNet").products(gated_delta),
        microsoft("GatedRelativePositionBias").declared().not_modelled(),
        microsoft("LinearAttention").products(linear),
        microsoft("LongformerAttention").not_modelled().same_shape(),
        microsoft("Mamba2Verify").declared().not_modelled(),
        microsoft("PackedAttention").products(packed_tokens),
        microsoft("PackedMultiHeadAttention").products(packed_heads),
        microsoft("PackedSparseAttentionIndexer").declared().not_modelled(),
        microsoft("PackedSparseAttentionIndexerMerge").declared(),
        microsoft("PagedAttention").declared().not_modelled(),
        microsoft("QOrderedAttention").products(three_weights),
        microsoft("QOrderedLongformerAttention").not_modelled().same_shape(),
        microsoft("SparseAttention").not_modelled().shapes(|inputs, output| match output {
            0 if inputs.node.input(1).is_none() => None,
            0 => inputs.dims(0),
            _ => inputs.dims(output + 2),
        }),
        microsoft("SparseAttentionIndexer").declared().not_modelled(),
        microsoft("SparsePagedAttention").declared().not_modelled(),
        microsoft("QAttention").products(packed).dtype(TypeRule::Same(3)),
        microsoft("MultiHeadAttention").products(multi_head),
        microsoft("GroupQueryAttention").products(group_query),
    ],
};

/// Sizes of the two products.
struct Sizes {
    batch: u64,
    query_heads: u64,
    kv_heads: u64,
    queries: u64,
    /// Keys attended to, those of the cache included.
    keys: u64,
    key_size: u64,
    value_size: u64,
}

impl Sizes {
    /// Of attention of a sequence to itself, with as many key as query heads; `q` and `v` are the features of all heads.
    fn of_self(batch: u64, length: u64, heads: u64, [q, v]: [u64; 2]) -> Result<Self, WorkError> {
        Ok(Self {
            batch,
            query_heads: heads,
            kv_heads: heads,
            queries: length,
            keys: length,
            key_size: divided("query", q, heads)?,
            value_size: divided("value", v, heads)?,
        })
    }

    /// The two products; `first` is the number of the first one in its node. Past keys and values are read with the new ones.
    fn products(
        &self,
        first: usize,
        [query, key, value]: [Operand; 3],
        [past_keys, past_values]: [&'static [usize]; 2],
    ) -> Result<Vec<Product>, WorkError> {
        let Self { batch, query_heads, kv_heads, queries, keys, key_size, value_size } = *self;
        if [batch, query_heads, kv_heads, queries, keys, key_size, value_size].contains(&0) {
            return empty();
        }
        if !query_heads.is_multiple_of(kv_heads) {
            return invalid(format!("its {query_heads} query heads are not divisible by {kv_heads} key heads"));
        }
        let pairs = product([batch, kv_heads])?;
        let rows = product([query_heads / kv_heads, queries])?;
        let scores = MatMul { batch: pairs, m: rows, n: keys, k: key_size };
        let values = MatMul { batch: pairs, m: rows, n: value_size, k: keys };
        let mut scores = Product::part("query_key", scores, query, key, Operand::Result(first));
        let mut values = Product::part("score_value", values, Operand::Result(first), value, Operand::Output(0));
        (scores.further, values.further) = (past_keys, past_values);
        Ok(vec![scores, values])
    }
}

fn divided(name: &str, size: u64, heads: u64) -> Result<u64, WorkError> {
    if heads == 0 || !size.is_multiple_of(heads) {
        return invalid(format!("its {name} size {size} is not divisible by {heads} heads"));
    }
    Ok(size / heads)
}

/// ai.onnx Attention: 4-D operands `[batch, heads, length, size]`, or 3-D ones with the heads in the last dimension.
fn projected(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let (q, k, v) = (inputs.shape(0)?, inputs.shape(1)?, inputs.shape(2)?);
    let split = |name: &str, shape: &[u64], attribute: &str| match *shape {
        [batch, heads, length, size] => Ok([batch, heads, length, size]),
        [batch, length, hidden] => {
            let heads = inputs.required(attribute)?;
            Ok([batch, heads, length, divided(name, hidden, heads)?])
        }
        _ => invalid(format!("its {name} has the shape {shape:?}; 3 or 4 dimensions are needed")),
    };
    let [batch, query_heads, queries, key_size] = split("query", &q, "q_num_heads")?;
    let [key_batch, kv_heads, new_keys, stored_size] = split("key", &k, "kv_num_heads")?;
    let [_, value_heads, values, value_size] = split("value", &v, "kv_num_heads")?;
    if key_batch != batch || stored_size != key_size || value_heads != kv_heads || values != new_keys {
        return invalid(format!("its query {q:?}, key {k:?} and value {v:?} do not match"));
    }
    let past = inputs.optional_shape(4)?.and_then(|shape| shape.get(2).copied()).unwrap_or(0);
    let keys = sum(past, new_keys)?;
    let sizes = Sizes { batch, query_heads, kv_heads, queries, keys, key_size, value_size };
    let output = if q.len() == 4 {
        vec![batch, query_heads, queries, value_size]
    } else {
        vec![batch, queries, product([query_heads, value_size])?]
    };
    let outputs = vec![
        Some(output),
        Some(vec![batch, kv_heads, keys, key_size]),
        Some(vec![batch, kv_heads, keys, value_size]),
        Some(vec![batch, query_heads, queries, keys]),
    ];
    let products = sizes.products(0, [Operand::Input(0), Operand::Input(1), Operand::Input(2)], [&[4], &[5]])?;
    Ok(Work { products, outputs, biases: &[] })
}

/// Keys and values of earlier steps.
struct Cache {
    /// Keys attended to, the new ones included.
    keys: u64,
    /// How long it is with the new ones.
    length: u64,
}

impl Cache {
    /// Of a stored past of so many keys. A buffer that is shared between steps keeps its length; of it counts what the operand
    /// `filled` says, or all of it where that is not constant.
    fn of(inputs: &NodeShapes, stored: Option<u64>, filled: usize, new: u64) -> Result<Self, WorkError> {
        let stored = stored.unwrap_or(0);
        let joined = sum(stored, new)?;
        let is_filled = inputs.node.op == "MultiHeadAttention" && inputs.node.input(filled).is_some();
        if stored == 0 || !(is_filled || inputs.node.flag("past_present_share_buffer")) {
            return Ok(Self { keys: joined, length: joined });
        }
        let filled = inputs.ints(filled).and_then(|ints| u64::try_from(*ints.first()?).ok());
        let keys = filled.and_then(|filled| filled.checked_add(new)).unwrap_or(stored);
        Ok(Self { keys: keys.min(stored), length: stored })
    }
}

/// com.microsoft Attention and QAttention: the packed projection of one input, then the two products.
fn packed(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let node = inputs.node;
    let [batch, length, features] = inputs.shape_of_rank::<3>(0)?;
    let [rows, columns] = inputs.shape_of_rank::<2>(1)?;
    let query_heads = inputs.required("num_heads")?;
    let [q, k, v] = qkv_sizes(inputs, columns)?;
    if rows != features || sum(sum(q, k)?, v)? != columns || q != k {
        return invalid(format!("its weights [{rows}, {columns}] do not match an input of {features} features"));
    }
    let past_input = if node.op == "QAttention" { 8 } else { 4 };
    let stored = inputs.optional_shape(past_input)?.and_then(|shape| shape.get(3).copied());
    let cache = Cache::of(inputs, stored, if node.op == "QAttention" { 9 } else { 6 }, length)?;
    let keys = cache.keys;
    let sizes = Sizes { keys, ..Sizes::of_self(batch, length, query_heads, [q, v])? };
    let projection = MatMul { batch: 1, m: product([batch, length])?, n: columns, k: features };
    let mut projected =
        Product::part("projection", projection, Operand::Input(0), Operand::Input(1), Operand::Result(0));
    projected.weight_place = true;
    let mut products = vec![projected];
    let past: &'static [usize] = if past_input == 8 { &[8] } else { &[4] };
    products.extend(sizes.products(1, [Operand::Result(0); 3], [past, past])?);
    let present = vec![2, batch, query_heads, cache.length, sizes.key_size];
    Ok(Work { products, outputs: vec![Some(vec![batch, length, v]), Some(present)], biases: &[2] })
}

/// Columns of a packed projection that are queries, keys and values.
fn qkv_sizes(inputs: &NodeShapes, columns: u64) -> Result<[u64; 3], WorkError> {
    match inputs.node.ints("qkv_hidden_sizes") {
        Some(&[q, k, v]) if q > 0 && k > 0 && v > 0 => Ok([q.unsigned_abs(), k.unsigned_abs(), v.unsigned_abs()]),
        Some(sizes) => invalid(format!("attribute `qkv_hidden_sizes` is {sizes:?}")),
        None => Ok([divided("projection", columns, 3)?; 3]),
    }
}

/// com.microsoft MultiHeadAttention: projected operands, apart or packed.
fn multi_head(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let heads = inputs.required("num_heads")?;
    let query = inputs.shape(0)?;
    let (batch, queries, key_size) = match *query.as_slice() {
        [batch, length, hidden] => (batch, length, divided("query", hidden, heads)?),
        // Packed: [batch, length, heads, 3, size].
        [batch, length, packed, 3, size] if packed == heads => (batch, length, size),
        _ => return invalid(format!("its query has the shape {query:?}")),
    };
    let key = inputs.optional_shape(1)?;
    let value = inputs.optional_shape(2)?;
    let (new_keys, value_size, key_operand, value_operand) = match (key.as_deref(), value.as_deref()) {
        (None, _) => (queries, key_size, Operand::Part(0), Operand::Part(0)),
        // Packed: [batch, length, heads, 2, size].
        (Some(&[_, length, _, 2, size]), _) => (length, size, Operand::Input(1), Operand::Input(1)),
        (Some(&[_, length, _]), Some(&[_, _, hidden])) => {
            (length, divided("value", hidden, heads)?, Operand::Input(1), Operand::Input(2))
        }
        // Cross attention with keys and values computed before: [batch, heads, length, size].
        (Some(&[_, _, length, _]), Some(&[_, _, _, size])) => (length, size, Operand::Input(1), Operand::Input(2)),
        (Some(key), value) => return invalid(format!("its key {key:?} and value {value:?} do not match")),
    };
    // DecoderMaskedMultiHeadAttention has no padding mask.
    let is_masked = inputs.node.op == "DecoderMaskedMultiHeadAttention";
    let stored = inputs.optional_shape(if is_masked { 5 } else { 6 })?.and_then(|shape| shape.get(2).copied());
    let cache = Cache::of(inputs, stored, if is_masked { 7 } else { 8 }, new_keys)?;
    let keys = cache.keys;
    let sizes = Sizes { batch, query_heads: heads, kv_heads: heads, queries, keys, key_size, value_size };
    let past: [&'static [usize]; 2] = if is_masked { [&[5], &[6]] } else { [&[6], &[7]] };
    let products = sizes.products(0, [Operand::Input(0), key_operand, value_operand], past)?;
    let outputs = vec![
        Some(vec![batch, queries, product([heads, value_size])?]),
        Some(vec![batch, heads, cache.length, key_size]),
        Some(vec![batch, heads, cache.length, value_size]),
        Some(vec![batch, heads, queries, keys]),
    ];
    Ok(Work { products, outputs, biases: if is_masked { &[10] } else { &[3] } })
}

/// com.microsoft GroupQueryAttention: projected operands, apart or packed into the query.
fn group_query(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let (query_heads, kv_heads) = (inputs.required("num_heads")?, inputs.required("kv_num_heads")?);
    let [batch, queries, hidden] = inputs.shape_of_rank::<3>(0)?;
    let key = inputs.optional_shape(1)?;
    let (size, new_keys, key_operand, value_operand) = match key.as_deref() {
        None => {
            let all = sum(query_heads, product([2, kv_heads])?)?;
            (divided("packed query", hidden, all)?, queries, Operand::Part(0), Operand::Part(0))
        }
        Some(&[_, length, key_hidden]) => {
            let size = divided("query", hidden, query_heads)?;
            if product([kv_heads, size])? != key_hidden {
                return invalid(format!("its key has {key_hidden} features, not {kv_heads} heads of {size}"));
            }
            (size, length, Operand::Input(1), Operand::Input(2))
        }
        Some(key) => return invalid(format!("its key has the shape {key:?}")),
    };
    // The cache may be a buffer of the final length; the total length, where it is constant, is what counts.
    let past = inputs.optional_shape(3)?.and_then(|shape| shape.get(2).copied()).unwrap_or(0);
    let total = inputs.ints(6).and_then(|ints| ints.first().copied()).and_then(|total| u64::try_from(total).ok());
    let keys = match total {
        Some(total) if total > 0 => total,
        _ => sum(past, new_keys)?,
    };
    let sizes = Sizes { batch, query_heads, kv_heads, queries, keys, key_size: size, value_size: size };
    let products = sizes.products(0, [Operand::Input(0), key_operand, value_operand], [&[3], &[4]])?;
    // Without a constant total, a past may be such a buffer, or grow.
    let is_certain = past == 0 || total.is_some();
    let present = is_certain.then(|| vec![batch, kv_heads, past.max(keys), size]);
    let outputs = vec![Some(vec![batch, queries, product([query_heads, size])?]), present.clone(), present];
    Ok(Work { products, outputs, biases: &[] })
}

/// Batch and longest length of packed sequences: the shape of `token_offset`.
fn longest(inputs: &NodeShapes, token_offset: usize) -> Result<[u64; 2], WorkError> {
    inputs.shape_of_rank::<2>(token_offset)
}

/// PackedAttention: the projection of all tokens, then the two products of every sequence.
fn packed_tokens(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let [tokens, features] = inputs.shape_of_rank::<2>(0)?;
    let [rows, columns] = inputs.shape_of_rank::<2>(1)?;
    let heads = inputs.required("num_heads")?;
    let [q, k, v] = qkv_sizes(inputs, columns)?;
    if rows != features || sum(sum(q, k)?, v)? != columns || q != k {
        return invalid(format!("its weights [{rows}, {columns}] do not match an input of {features} features"));
    }
    let [batch, length] = longest(inputs, 3)?;
    let sizes = Sizes::of_self(batch, length, heads, [q, v])?;
    if [tokens, columns, features].contains(&0) {
        return empty();
    }
    let projection = MatMul { batch: 1, m: tokens, n: columns, k: features };
    let mut projected =
        Product::part("projection", projection, Operand::Input(0), Operand::Input(1), Operand::Result(0));
    projected.weight_place = true;
    let mut products = vec![projected];
    products.extend(sizes.products(1, [Operand::Result(0); 3], [&[], &[]])?);
    Ok(Work { products, outputs: vec![Some(vec![tokens, v])], biases: &[2] })
}

/// PackedMultiHeadAttention: projected tokens, apart or packed.
fn packed_heads(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let heads = inputs.required("num_heads")?;
    let query = inputs.shape(0)?;
    let [batch, length] = longest(inputs, 4)?;
    let (tokens, key_size, value_size, operands) = match *query.as_slice() {
        [tokens, hidden] => {
            let [_, value_hidden] = inputs.shape_of_rank::<2>(2)?;
            let operands = [Operand::Input(0), Operand::Input(1), Operand::Input(2)];
            (tokens, divided("query", hidden, heads)?, divided("value", value_hidden, heads)?, operands)
        }
        [tokens, packed, 3, size] if packed == heads => (tokens, size, size, [Operand::Part(0); 3]),
        _ => return invalid(format!("its query has the shape {query:?}")),
    };
    let sizes =
        Sizes { batch, query_heads: heads, kv_heads: heads, queries: length, keys: length, key_size, value_size };
    let products = sizes.products(0, operands, [&[], &[]])?;
    Ok(Work { products, outputs: vec![Some(vec![tokens, product([heads, value_size])?])], biases: &[3] })
}

/// LinearAttention: every token adds the outer product of its key and value to the state of its head, and its query reads
/// the state. The delta rules first read what the state holds for the key.
fn linear(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let [batch, tokens, query_hidden] = inputs.shape_of_rank::<3>(0)?;
    let [_, _, key_hidden] = inputs.shape_of_rank::<3>(1)?;
    let [_, _, value_hidden] = inputs.shape_of_rank::<3>(2)?;
    let (query_heads, kv_heads) = (inputs.required("q_num_heads")?, inputs.required("kv_num_heads")?);
    let key_size = divided("query", query_hidden, query_heads)?;
    let value_size = divided("value", value_hidden, kv_heads)?;
    if product([kv_heads, key_size])? != key_hidden {
        return invalid(format!("its key has {key_hidden} features, not {kv_heads} heads of {key_size}"));
    }
    // com.microsoft lets several states share a query head.
    let readers = if kv_heads > query_heads { 1 } else { query_heads / kv_heads };
    if query_heads.max(kv_heads) != product([readers, kv_heads])? {
        return invalid(format!("its {query_heads} query heads are not divisible by {kv_heads} key heads"));
    }
    if [batch, tokens, key_size, value_size].contains(&0) {
        return empty();
    }
    let states = States { count: product([batch, kv_heads])?, key_size, value_size, readers, tokens };
    let products = states.products(inputs, [Operand::Input(0), Operand::Input(1), Operand::Input(2)]);
    let windows = inputs.node.int("state_window").filter(|windows| *windows > 0);
    let state = vec![batch, kv_heads, key_size, value_size];
    let output = vec![batch, tokens, product([readers, kv_heads, value_size])?];
    Ok(Work { products, outputs: vec![Some(output), windows.is_none().then_some(state)], biases: &[] })
}

/// The states of a linear attention, one for each head.
struct States {
    count: u64,
    key_size: u64,
    value_size: u64,
    /// Queries that read each of them.
    readers: u64,
    /// Tokens that change them, one after the other.
    tokens: u64,
}

impl States {
    /// The products of one token, executed for each.
    fn products(&self, inputs: &NodeShapes, [query, key, value]: [Operand; 3]) -> Vec<Product> {
        let Self { count, key_size, value_size, readers, tokens } = *self;
        let reads = |m| MatMul { batch: count, m, n: value_size, k: key_size };
        let mut products = Vec::new();
        if matches!(inputs.node.text("update_rule"), None | Some("delta" | "gated_delta")) {
            products.push(Product::part("key_state", reads(1), key, Operand::Result(0), Operand::Result(0)));
        }
        let state = products.len();
        let outer = MatMul { batch: count, m: key_size, n: value_size, k: 1 };
        products.push(Product::part("key_value", outer, key, value, Operand::Result(state)));
        products.push(Product::part("query_state", reads(readers), query, Operand::Result(state), Operand::Output(0)));
        for product in &mut products {
            product.times = tokens;
        }
        products
    }
}

/// GatedDeltaNet: the heads are a dimension, `[tokens, heads, size]` of all sequences in a row or `[batch, length, heads, size]`,
/// and every head of values has a state. Packed operands leave the heads to the initial state.
fn gated_delta(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let query = inputs.shape(0)?;
    let initial = inputs.optional_shape(6)?;
    let stored = initial.as_deref();
    let (rows, heads, key_size, value_size, operands) = if inputs.node.input(1).is_some() {
        let value = inputs.shape(2)?;
        let ([rows @ .., _, key_size], [value_rows @ .., heads, value_size]) = (query.as_slice(), value.as_slice())
        else {
            return invalid(format!("its query {query:?} and value {value:?} have no heads"));
        };
        if rows != value_rows {
            return invalid(format!("its query {query:?} and value {value:?} do not match"));
        }
        (rows, *heads, *key_size, *value_size, [Operand::Input(0), Operand::Input(1), Operand::Input(2)])
    } else {
        let Some(&[_, heads, value_size, key_size]) = stored else {
            return invalid(format!("its packed query {query:?} has no initial state of four dimensions"));
        };
        let Some((_, rows)) = query.split_last() else { return invalid("its query is a scalar") };
        (rows, heads, key_size, value_size, [Operand::Part(0); 3])
    };
    let (sequences, tokens) = match *rows {
        [batch, length] => (batch, length),
        [tokens] => (1, tokens),
        _ => return invalid(format!("its query has the shape {query:?}")),
    };
    if [sequences, tokens, heads, key_size, value_size].contains(&0) {
        return empty();
    }
    let states = States { count: product([sequences, heads])?, key_size, value_size, readers: 1, tokens };
    let products = states.products(inputs, operands);
    let output = rows.iter().copied().chain([heads, value_size]).collect();
    // Sequences in a row are as many as the state or their offsets say.
    let offsets = inputs.optional_shape(3)?.and_then(|offsets| offsets.first()?.checked_sub(1));
    let batch = match *rows {
        [batch, _] => Some(batch),
        _ => stored.and_then(|shape| shape.first().copied()).or(offsets),
    };
    let last = batch.map(|batch| vec![batch, heads, value_size, key_size]);
    Ok(Work { products, outputs: vec![Some(output), last], biases: &[] })
}

/// QOrderedAttention: three projections of the input, then the two products.
fn three_weights(inputs: &NodeShapes) -> Result<Work, WorkError> {
    let [batch, length, features] = inputs.shape_of_rank::<3>(0)?;
    let heads = inputs.required("num_heads")?;
    let rows = product([batch, length])?;
    let weight = |place| inputs.shape_of_rank::<2>(place);
    let (q, k, v) = (weight(5)?, weight(6)?, weight(7)?);
    let mut products = Vec::new();
    for (part, place, [inner, columns]) in [("query", 5, q), ("key", 6, k), ("value", 7, v)] {
        if inner != features {
            return invalid(format!("its weights [{inner}, {columns}] do not match an input of {features} features"));
        }
        if [rows, columns, features].contains(&0) {
            return empty();
        }
        let projection = MatMul { batch: 1, m: rows, n: columns, k: features };
        let result = Operand::Result(products.len());
        let mut projected = Product::part(part, projection, Operand::Input(0), Operand::Input(place), result);
        projected.weight_place = true;
        products.push(projected);
    }
    let ([_, q], [_, k], [_, v]) = (q, k, v);
    if q != k {
        return invalid(format!("its queries have {q} features, its keys {k}"));
    }
    let sizes = Sizes::of_self(batch, length, heads, [q, v])?;
    products.extend(sizes.products(3, [0, 1, 2].map(Operand::Result), [&[], &[]])?);
    Ok(Work { products, outputs: vec![Some(vec![batch, length, v])], biases: &[11, 12, 13] })
}

fn sum(a: u64, b: u64) -> Result<u64, WorkError> {
    a.checked_add(b).ok_or_else(|| WorkError::Invalid("its sizes overflow 64 bits".into()))
}
