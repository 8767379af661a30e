//! What is worth saying of a line because people stumble over it.

/// U+FEFF in UTF-8.
pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// Characters that look like the end of a line to somebody.
const NO_ENDS: &[(char, &str)] = &[
    ('\u{b}', "vertical tab"),
    ('\u{c}', "form feed"),
    ('\u{1c}', "U+001C"),
    ('\u{1d}', "U+001D"),
    ('\u{1e}', "U+001E"),
    ('\u{85}', "U+0085"),
    ('\u{2028}', "U+2028"),
    ('\u{2029}', "U+2029"),
];

/// Why a field of this name is ignored.
pub(super) fn unknown_name(name: &str) -> String {
    let shown = super::text::quoted(name);
    let bare = name.trim_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    let known = ["data", "event", "id", "retry"]
        .into_iter()
        .find(|known| bare.eq_ignore_ascii_case(known));
    match known {
        Some(known) if name.starts_with('\u{feff}') => format!(
            "{shown} is an unknown field and is ignored: only one byte order mark, at the very start, is removed, so this is not {known}"
        ),
        Some(known) => format!(
            "{shown} is an unknown field and is ignored: names are compared as they are, so this is not {known}"
        ),
        None => format!("{shown} is an unknown field and is ignored"),
    }
}

/// Remarks on the bytes of a line and the text that they decode to.
pub(super) fn remarks(bytes: &[u8], text: &str, does: &mut Vec<String>) {
    if std::str::from_utf8(bytes).is_err() {
        let own = |text: &str| text.matches('\u{fffd}').count();
        let written = bytes
            .windows(3)
            .filter(|three| *three == "\u{fffd}".as_bytes())
            .count();
        let count = own(text).saturating_sub(written);
        does.push(format!(
            "the line is not UTF-8: {count} U+FFFD stand{} for what is ill-formed",
            if count == 1 { "s" } else { "" }
        ));
    }
    for (character, name) in NO_ENDS {
        if text.contains(*character) {
            does.push(format!("{name} does not end a line"));
        }
    }
}
