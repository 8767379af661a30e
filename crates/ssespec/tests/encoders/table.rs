//! What only a driver can get wrong.

use crate::wrong_encoder::Row;

/// Broken in one way.
pub(crate) const MUTANTS: &[Row] = &[
    Row::new(
        "keep-alive-in-block",
        "a keep-alive is written into an event",
        &["lint/round-trip"],
        &["keep-alive in a block"],
    ),
    Row::new(
        "refuses-ids",
        "every id is refused",
        &["lint/round-trip"],
        &["refuses ids"],
    ),
    Row::new(
        "doubles",
        "an event with an id comes twice",
        &["lint/round-trip"],
        &["doubles"],
    ),
    Row::new(
        "type-stays",
        "the type of an event stays for those that follow",
        &["lint/round-trip"],
        &["type stays"],
    ),
    Row::new(
        "byte-order-marks",
        "a byte order mark stands before every event",
        &["lint/round-trip"],
        &["byte order marks"],
    ),
    Row::new(
        "crashes-at-done",
        "the driver crashes at one harmless event",
        &["lint/round-trip"],
        &["crashes"],
    ),
    Row::new(
        "hangs-at-done",
        "the driver hangs at one harmless event",
        &["lint/round-trip"],
        &["hangs"],
    ),
    Row::new(
        "not-base64",
        "some bytes are not in Base64",
        &["lint/round-trip"],
        &["bytes are no Base64"],
    ),
    Row::new(
        "says-nothing",
        "some answers say nothing",
        &["lint/round-trip"],
        &["says nothing"],
    ),
    Row::new(
        "crashes-at-hostile",
        "what cannot be expressed gets no answer",
        &["lint/silent-change"],
        &["panics"],
    ),
];

/// A defect that no fixture shows.
pub(crate) const FOUND_BY_CHANCE: Row = Row::new(
    "loses-7",
    "a 7 behind an \u{e9} is lost",
    &["lint/round-trip"],
    &["loses 7 behind \u{e9}"],
);
