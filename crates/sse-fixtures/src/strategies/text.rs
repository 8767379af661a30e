use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What encoders and decoders have stumbled over.
const HOSTILE: &[&str] = &[
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\r",
    "\n\r",
    "\0",
    " ",
    "  ",
    "\t",
    ":",
    "data",
    "data: ",
    "event: admin",
    "id",
    "id: 7",
    "retry: 1",
    "\ndata: y\n\n",
    "\revent: admin\rdata: y",
    "\r\n\r\ndata: y\r\n\r\n",
    "\u{feff}",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{b}",
    "\u{c}",
    "\u{1c}",
    "\u{1d}",
    "\u{1e}",
    "\u{1b}[31m",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "\u{a0}",
    "\u{e9}",
    "e\u{301}",
    "\u{4f60}\u{597d}",
    "\u{1f602}",
    "\\n",
    "{\"a\":1}",
    "[DONE]",
    "</script>",
    "%0a",
    "\u{202e}",
];

/// Any string, with a liking for line ends, NULL, field names and characters that are taken for line ends.
pub fn hostile_string() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        4 => select(HOSTILE).prop_map(str::to_owned),
        2 => vec(prop::char::range(' ', '~'), 0..8).prop_map(String::from_iter),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(fragment, 0..6).prop_map(|fragments| fragments.concat())
}

/// A hostile string that one line can hold: without CR and LF.
pub fn one_line() -> impl Strategy<Value = String> {
    hostile_string().prop_map(|text| text.replace(['\r', '\n'], ""))
}
