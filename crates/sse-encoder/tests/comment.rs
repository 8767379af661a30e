//! Comments and keep-alives.

use sse_encoder::{KEEP_ALIVE, comment_into};

#[test]
fn a_comment_is_a_block_of_its_own() {
    for (text, wire) in [
        ("still here", ": still here\n\n"),
        (" x", ":  x\n\n"),
        ("data: x", ": data: x\n\n"),
        ("\u{4E2D}", ": \u{4E2D}\n\n"),
    ] {
        let mut out = Vec::new();
        comment_into(text, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), wire, "{text:?}");
    }
}

#[test]
fn an_empty_comment_is_a_keep_alive() {
    let mut out = Vec::new();
    comment_into("", &mut out).unwrap();
    assert_eq!(out, KEEP_ALIVE);
    assert_eq!(out, b":\n\n");
}
