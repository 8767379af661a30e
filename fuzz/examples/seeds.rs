//! Writes every stream of the corpus as a seed for each target: `cargo run --example seeds` in this folder.

use std::fs;
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, before) in [
        ("equals_reference", &b""[..]),
        ("chunking_does_not_matter", b"\x07\0"),
        ("round_trip", b""),
    ] {
        let folder = root.join(target);
        fs::create_dir_all(&folder)?;
        for fixture in sse_fixtures::corpus() {
            if let Some(stream) = fixture.stream() {
                let seed = [before, &stream.bytes].concat();
                fs::write(folder.join(fixture.id.replace('/', "-")), seed)?;
            }
        }
    }
    Ok(())
}
