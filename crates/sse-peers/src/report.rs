//! `docs/performance.md`, of which each bench writes a section.

use std::fs;
use std::io;
use std::path::Path;

/// Puts the text between the two comments that name the section; at the end of the file if there are none.
///
/// # Errors
///
/// If the file cannot be read or written.
pub fn write_section(name: &str, text: &str) -> io::Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/performance.md");
    let before = fs::read_to_string(&file)?;
    fs::write(file, with_section(&before, name, text))
}

fn with_section(file: &str, name: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- begin {name} -->\n"),
        format!("<!-- end {name} -->\n"),
    );
    let around = file
        .split_once(&begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = around.unwrap_or((file, ""));
    format!("{before}{begin}{text}{end}{after}")
}

#[test]
fn a_section_is_replaced_or_appended() {
    let one = with_section("top\n", "a", "1\n");
    assert_eq!(one, "top\n<!-- begin a -->\n1\n<!-- end a -->\n");
    let two = with_section(&one, "b", "2\n");
    let changed = with_section(&two, "a", "3\n");
    assert_eq!(changed, two.replace('1', "3"));
}
