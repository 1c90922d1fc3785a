//! The attributes of components, and how each kind of value is read (docs/model.md section 2.2, 4.7).

use crate::architecture::{Bandwidth, InferredNetwork, Metadata, NetworkEnds, NetworkType, SizeSpec, Tree, Wiring};
use crate::timeloop::files::node::{FormatError, Node};
use crate::timeloop::files::warning::Warning;

/// Attributes that Timeloop reads.
pub(super) const ATTRIBUTES: &[&str] = &[
    "word_bits",
    "word_width",
    "datawidth",
    "block_size",
    "n_words",
    "cluster_size",
    "width",
    "memory_width",
    "data_storage_width",
    "entries",
    "depth",
    "memory_depth",
    "data_storage_depth",
    "sizeKB",
    "read_bandwidth",
    "write_bandwidth",
    "shared_bandwidth",
    "bandwidth",
    "multiple_buffering",
    "min_utilization",
    "n_banks",
    "num_banks",
    "n_ports",
    "num_ports",
    "technology",
    "meshX",
    "meshY",
    "instances",
    "power_gated_at",
    "allow_overbooking",
    "reduction_supported",
    "network_fill_latency",
    "network_drain_latency",
    "per_dataspace_bandwidth_consumption_scale",
    "vector_access_energy",
    "addr_gen_energy",
    "cluster_area",
    "network_read",
    "network_fill",
    "network_update",
    "network_drain",
    "network_operand",
    "network_result",
    "energy",
    "area",
    "energy_per_hop",
    "wire_energy",
    "tile_width",
    "router_energy",
    "energy-per-ingress",
    "network_word_bits",
    "network_type",
    "metadata_block_size",
    "metadata_datawidth",
    "metadata_word_bits",
    "metadata_storage_width",
    "metadata_width",
    "metadata_storage_depth",
    "metadata_depth",
    "decompression_supported",
    "compression_supported",
    "tile_partition_supported",
    "concordant_compressed_tile_traversal",
];
/// Attributes that only estimators of energy read (docs/energy.md), and that are no mistake here.
pub(super) const ESTIMATOR_ATTRIBUTES: &[&str] = &[
    "type",
    "global_cycle_seconds",
    "action_latency_cycles",
    "has_power_gating",
    "multiplier_width",
    "adder_width",
    "exponent",
    "mantissa",
    "update_fifo_depth",
    "n_rd_ports",
    "n_wr_ports",
    "n_rdwr_ports",
    "nports",
    "subclass",
    "version",
    "latency",
    "num_pipeline_stages",
    "n_rw_ports",
    "n_instances",
    "plug_in",
    "min_accuracy",
    "minimum_accuracy",
    "exponent",
    "mantissa",
    "width_a",
    "width_b",
    "datawidth_a",
    "datawidth_b",
    "n_bits",
    "n_inputs",
    "n_outputs",
    "length",
    "metadata_counter_width",
    "mult_gated",
    "mult_reused",
    "mac_gated",
    "mac_reused",
];

/// The attributes of one element; of several names the first that is present counts.
pub(super) struct Attributes<'a>(pub(super) &'a Node<'a>);

impl Attributes<'_> {
    pub(super) fn count(&self, names: &[&str]) -> Result<Option<u64>, FormatError> {
        self.0.first(names).map(|node| node.count()).transpose()
    }

    pub(super) fn real(&self, names: &[&str]) -> Result<Option<f64>, FormatError> {
        self.0.first(names).map(|node| node.real()).transpose()
    }

    pub(super) fn flag(&self, names: &[&str]) -> Result<Option<bool>, FormatError> {
        self.0.first(names).map(|node| node.flag()).transpose()
    }

    pub(super) fn text(&self, names: &[&str]) -> Result<Option<String>, FormatError> {
        self.0.first(names).map(|node| node.text()).transpose()
    }

    pub(super) fn size(&self) -> Result<SizeSpec, FormatError> {
        if let Some(words) = self.count(&["entries"])? {
            return Ok(SizeSpec::Words(words));
        }
        if let Some(depth) = self.count(&["depth", "memory_depth", "data_storage_depth"])? {
            return Ok(SizeSpec::Depth(depth));
        }
        Ok(self.count(&["sizeKB"])?.map_or(SizeSpec::Unspecified, SizeSpec::Kibibytes))
    }

    pub(super) fn bandwidth(&self) -> Result<Bandwidth, FormatError> {
        let half = self.real(&["bandwidth"])?.map(|both| both / 2.0);
        Ok(Bandwidth {
            read: self.real(&["read_bandwidth"])?.or(half),
            write: self.real(&["write_bandwidth"])?.or(half),
            shared: self.real(&["shared_bandwidth"])?,
        })
    }

    /// A name; as in Timeloop, a list or a map in place of one counts as not given.
    fn name(&self, key: &str) -> Option<String> {
        self.0.get(key)?.scalar()
    }

    /// The networks that a level names.
    pub(super) fn ends_of_level(&self) -> NetworkEnds {
        NetworkEnds {
            read: self.name("network_read"),
            update: self.name("network_update"),
            fill: self.name("network_fill"),
            drain: self.name("network_drain"),
        }
    }

    /// The networks that the compute units name.
    pub(super) fn ends_of_units(&self) -> NetworkEnds {
        NetworkEnds { fill: self.name("network_operand"), drain: self.name("network_result"), ..NetworkEnds::default() }
    }

    /// A whole number of a network, at most `max`: decimal or hexadecimal digits, nothing else.
    pub(super) fn whole(&self, names: &[&str], max: u64) -> Result<Option<u64>, FormatError> {
        let Some((node, text)) = self.scalar(names) else { return Ok(None) };
        let digits = text.trim();
        let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        let limit = if max == u64::MAX { String::new() } else { format!(", at most {max}") };
        let expected = || node.invalid(format!("must be a whole number{limit}, found `{text}`"));
        number.ok().filter(|number| *number <= max).map(Some).ok_or_else(expected)
    }

    /// A number of a network. As in Timeloop, a text that is none counts as 0; this is remarked on.
    fn lenient(&self, name: &str, warnings: &mut Vec<Warning>) -> Option<f64> {
        let (node, text) = self.scalar(&[name])?;
        Some(text.trim().parse().unwrap_or_else(|_| {
            warnings.push(node.warning(format!("`{text}` is no number and counts as 0, as in Timeloop")));
            0.0
        }))
    }

    /// The first of several keys that has a scalar.
    fn scalar(&self, names: &[&str]) -> Option<(Node<'_>, String)> {
        names.iter().find_map(|name| {
            let node = self.0.get(name)?;
            let text = node.scalar()?;
            Some((node, text))
        })
    }

    fn network_type(&self) -> Result<Option<NetworkType>, FormatError> {
        let Some((node, kind)) = self.scalar(&["network_type"]) else { return Ok(None) };
        match kind.as_str() {
            "1:1" => Ok(Some(NetworkType::OneToOne)),
            "1:N" => Ok(Some(NetworkType::OneToMany)),
            "M:N" => Ok(Some(NetworkType::ManyToMany)),
            other => Err(node.invalid(format!("`{other}` is none of 1:1, 1:N, M:N"))),
        }
    }

    /// Wires and routers.
    pub(super) fn wiring(&self, warnings: &mut Vec<Warning>) -> Result<Wiring, FormatError> {
        Ok(Wiring {
            kind: self.network_type()?,
            hop_energy_pj: self.lenient("energy_per_hop", warnings),
            wire_energy_pj: self.lenient("wire_energy", warnings),
            tile_width_um: self.lenient("tile_width", warnings),
            router_energy_pj: self.lenient("router_energy", warnings),
            ingress_energy_pj: self.lenient("energy-per-ingress", warnings),
        })
    }

    /// A tree of wires and adders.
    pub(super) fn tree(&self, warnings: &mut Vec<Warning>) -> Tree {
        Tree {
            wire_energy_pj: self.lenient("wire_energy", warnings),
            adder_energy_pj: self.lenient("adder_energy", warnings).unwrap_or(0.0),
        }
    }

    /// What the level can do of compressed data.
    pub(super) fn metadata(&self) -> Result<Metadata, FormatError> {
        let flag = |key: &str| Ok::<_, FormatError>(self.flag(&[key])?.unwrap_or(false));
        Ok(Metadata {
            word_bits: self.count(&["metadata_datawidth", "metadata_word_bits"])?,
            block_size: self.count(&["metadata_block_size"])?,
            width_bits: self.count(&["metadata_storage_width", "metadata_width"])?,
            depth: self.count(&["metadata_storage_depth", "metadata_depth"])?,
            decompresses: flag("decompression_supported")?,
            compresses: flag("compression_supported")?,
            overbooks: flag("allow_overbooking")?,
            partitions: flag("tile_partition_supported")?,
        })
    }

    /// What is inferred of the network towards the inside of a level.
    pub(super) fn inferred_network(&self, warnings: &mut Vec<Warning>) -> Result<InferredNetwork, FormatError> {
        Ok(InferredNetwork {
            wiring: self.wiring(warnings)?,
            word_bits: self.count(&["network_word_bits"])?,
            fill_latency: self.count(&["network_fill_latency"])?.unwrap_or(0),
            drain_latency: self.count(&["network_drain_latency"])?.unwrap_or(0),
        })
    }
}
