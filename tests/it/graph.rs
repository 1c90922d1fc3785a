#[test]
fn dump() {
    for folder in ["models", "tests/models"] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|e| e != "onnx") { continue; }
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let bindings = onnx2timeloop::onnx::Bindings { batch: Some(1), dims: ["h","w","height","width","seq"].iter().map(|d| (d.to_string(), 224)).collect(), ignore_unknown_names: true, ..Default::default() };
            let network = match onnx2timeloop::onnx::import(&onnx2timeloop::onnx::Source::Path(path), &name, &bindings) { Ok(n) => n, Err(e) => { println!("{name}: {e}"); continue; } };
            let g = &network.graph;
            println!("== {name} layers {} nodes {} tensors {} in {} out {}", network.layers.len(), g.nodes().len(), g.tensors().len(), g.inputs().len(), g.outputs().len());
            let unknown = g.tensors().iter().filter(|t| t.elements().is_none()).count();
            if unknown > 0 { println!("unknown shapes {unknown}"); }
            for (i, l) in network.layers.iter().enumerate() {
                let Some(n) = g.node_of(i) else { println!("no node {i}"); continue };
                let n = &g.nodes()[n];
                let o = n.operands.unwrap();
                let e = |t: Option<usize>| t.and_then(|t| g.tensors()[t].elements());
                let p = |s: &[u64]| s.iter().product::<u64>();
                if e(o.input) != Some(p(&l.input)) || o.weight.is_some() && e(o.weight) != Some(p(&l.weight)) || e(Some(o.output)) != Some(p(&l.output)) {
                    println!("odd {} {:?} {:?} {:?} vs {:?} {:?} {:?}", l.name, l.input, l.weight, l.output, e(o.input), e(o.weight), e(Some(o.output)));
                }
                if network.layers.len() < 25 { println!("{i} {} {:?} -> {:?}", l.name, g.producers_of(i), g.consumers_of(i)); }
            }
            let mut ops: std::collections::BTreeMap<&str, usize> = Default::default();
            for n in g.nodes().iter().filter(|n| !n.is_layer()) { *ops.entry(&n.op).or_default() += 1; }
            println!("{ops:?}");
        }
    }
}
