//! Which encoders are broken how, and which checks flag them; and those that are unusual and right.

use super::Row;

/// Broken in one way.
pub(crate) const BROKEN: &[Row] = &[
    Row::new(
        "raw-everything",
        "every text is written as it is",
        &[
            "lint/injection",
            "lint/silent-change",
            "lint/trailing-newline",
        ],
        &["raw event", "raw id", "raw data", "raw comment"],
    ),
    Row::new(
        "raw-data",
        "data is one line, whatever is in it",
        &["lint/injection", "lint/trailing-newline"],
        &["raw data"],
    ),
    Row::new(
        "raw-event",
        "the type is not looked at",
        &["lint/injection", "lint/silent-change"],
        &["raw event"],
    ),
    Row::new(
        "raw-id",
        "the id is not looked at",
        &["lint/injection", "lint/silent-change"],
        &["raw id"],
    ),
    Row::new(
        "raw-comment",
        "a comment is not looked at",
        &["lint/injection"],
        &["raw comment"],
    ),
    Row::new(
        "lf-only",
        "data is split at LF, and CR goes through",
        &["lint/injection", "lint/trailing-newline"],
        &["splits at LF only"],
    ),
    Row::new(
        "nul-in-id",
        "an id with NUL is written",
        &["lint/id-nul"],
        &["raw NUL"],
    ),
    Row::new(
        "double-crlf",
        "CRLF in data is two line ends",
        &["lint/silent-change"],
        &["doubles CRLF"],
    ),
    Row::new(
        "cuts-out",
        "line ends and NUL are cut out of types and ids in silence",
        &["lint/silent-change"],
        &["cuts line ends out"],
    ),
    Row::new(
        "drops-hostile",
        "a hostile step is dropped in silence",
        &["lint/silent-change"],
        &["drops hostile events"],
    ),
    Row::new(
        "data-behind-comments",
        "comments are split, and empty data stands behind each",
        &["lint/silent-change"],
        &["splits comments", "data behind comments"],
    ),
    Row::new(
        "splitlines",
        "data is split wherever Python sees a line end",
        &["lint/silent-change"],
        &["splitlines"],
    ),
    Row::new(
        "truthy",
        "an empty id and a retry of 0 are not written",
        &["lint/silent-change"],
        &["asks whether it is truthy"],
    ),
    Row::new(
        "always-data",
        "a step without data is an event with empty data",
        &["lint/silent-change"],
        &["always data"],
    ),
    Row::new(
        "joins-lines",
        "the line feeds of data are cut out",
        &["lint/round-trip", "lint/trailing-newline"],
        &["joins lines"],
    ),
    Row::new(
        "drops-trailing-newline",
        "line ends at the end of data are lost",
        &["lint/trailing-newline"],
        &["drops trailing newline"],
    ),
    Row::new(
        "no-space",
        "no space is written behind the colon",
        &["lint/leading-space"],
        &["no space"],
    ),
    Row::new(
        "trims",
        "data is trimmed",
        &[
            "lint/leading-space",
            "lint/round-trip",
            "lint/trailing-newline",
        ],
        &["trims"],
    ),
    Row::new(
        "no-empty-data",
        "empty data is not written",
        &["lint/empty-data"],
        &["no empty data"],
    ),
    Row::new(
        "json",
        "data is written as a JSON string",
        &["lint/round-trip"],
        &["JSON"],
    ),
    Row::new(
        "twice-utf8",
        "data is encoded in UTF-8 twice",
        &["lint/round-trip"],
        &["encodes UTF-8 twice"],
    ),
    Row::new(
        "latin-1",
        "the stream is in Latin-1",
        &["lint/round-trip", "srv/utf8"],
        &["Latin-1"],
    ),
    Row::new(
        "cuts-large",
        "an event of more than 4 KiB is cut in two",
        &["lint/round-trip"],
        &["cuts large events"],
    ),
    Row::new(
        "retry-in-seconds",
        "retry is in seconds",
        &["lint/round-trip"],
        &["retry in seconds"],
    ),
    Row::new(
        "retry-with-unit",
        "retry is written with a unit",
        &["lint/round-trip"],
        &["retry with a unit"],
    ),
    Row::new(
        "refuses-lines",
        "data of several lines is refused",
        &["lint/round-trip"],
        &["refuses lines"],
    ),
    Row::new(
        "no-last-blank-line",
        "the last blank line is missing",
        &["srv/grammar"],
        &["no last blank line"],
    ),
];

/// Unusual and right.
pub(crate) const RIGHT: &[Row] = &[
    Row::new("crlf", "ends lines in CRLF", &[], &["CRLF"]),
    Row::new("cr", "ends lines in CR", &[], &["CR"]),
    Row::new(
        "space-where-needed",
        "writes a space behind the colon only before a space",
        &[],
        &["a space where needed"],
    ),
    Row::new(
        "data-first",
        "writes data before the other fields",
        &[],
        &["data first"],
    ),
    Row::new(
        "comments",
        "writes comments between all lines",
        &[],
        &["comments everywhere"],
    ),
    Row::new(
        "own-start",
        "begins with a retry and a comment",
        &[],
        &["own start"],
    ),
    Row::new(
        "byte-order-mark",
        "begins with a byte order mark",
        &[],
        &["byte order mark"],
    ),
    Row::new(
        "own-ids",
        "gives an id to events without one",
        &[],
        &["own ids"],
    ),
    Row::new(
        "names-messages",
        "writes event: message",
        &[],
        &["names messages"],
    ),
    Row::new(
        "splits-comments",
        "makes one comment of each line of a comment",
        &[],
        &["splits comments"],
    ),
    Row::new(
        "cautious",
        "refuses control characters everywhere",
        &[],
        &["cautious"],
    ),
    Row::new(
        "no-data",
        "says that it cannot write some plain data",
        &[],
        &["no data"],
    ),
    Row::new(
        "json-only",
        "writes all data through a serializer of JSON, and says that it cannot write other text",
        &[],
        &["JSON only"],
    ),
    Row::new(
        "no-comments",
        "cannot write comments",
        &[],
        &["no comments"],
    ),
    Row::new(
        "no-retry-alone",
        "cannot write retry without data",
        &[],
        &["no retry alone"],
    ),
    Row::new(
        "two-blank-lines",
        "writes two blank lines behind each event",
        &[],
        &["two blank lines"],
    ),
];
