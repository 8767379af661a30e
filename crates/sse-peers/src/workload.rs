//! What is parsed: streams as they are found in the wild, made anew for each run from a fixed seed.

/// A stream of about the wanted size.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// As it stands in the tables.
    pub name: &'static str,
    /// What it is made of.
    pub about: &'static str,
    block: fn(&mut Dice, usize, &mut Vec<u8>),
}

/// All of them.
pub const WORKLOADS: [Workload; 8] = [
    Workload {
        name: "openai",
        about: "one `data` line of JSON, about 250 bytes an event",
        block: openai,
    },
    Workload {
        name: "anthropic",
        about: "`event` and `data`, about 120 bytes an event",
        block: anthropic,
    },
    Workload {
        name: "ticks",
        about: "`id` and a short `data`, 28 bytes an event",
        block: ticks,
    },
    Workload {
        name: "64 KiB lines",
        about: "one `data` line of 64 KiB",
        block: big_line,
    },
    Workload {
        name: "50-line data",
        about: "50 `data` lines of 80 bytes",
        block: many_lines,
    },
    Workload {
        name: "heartbeats",
        about: "comments of three shapes, one event in 1000 blocks",
        block: heartbeats,
    },
    Workload {
        name: "CRLF mix",
        about: "60 % CRLF, 30 % LF, 10 % CR",
        block: mixed_ends,
    },
    Workload {
        name: "CJK, emoji",
        about: "text of three and four bytes a character",
        block: cjk,
    },
];

impl Workload {
    /// Whole blocks, until there are `size` bytes.
    pub fn make(&self, size: usize) -> Vec<u8> {
        let mut dice = Dice(0x5EED);
        let mut out = Vec::with_capacity(size + 128 * 1024);
        for nth in 0.. {
            if out.len() >= size {
                break;
            }
            (self.block)(&mut dice, nth, &mut out);
        }
        out
    }
}

/// Numbers that look random and are the same in each run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) >> 32).unwrap_or_default() % below
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }
}

const WORDS: [&str; 8] = [
    " the", " stream", " of", " events", " is", ",", " never", " late",
];

fn openai(dice: &mut Dice, nth: usize, out: &mut Vec<u8>) {
    let word = dice.pick(&WORDS);
    let text = format!(
        "data: {{\"id\":\"chatcmpl-9dXQb3mV7kLwZ1{:04}\",\"object\":\"chat.completion.chunk\",\"created\":17{:08},\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_a7d06e42a7\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}},\"logprobs\":null,\"finish_reason\":null}}]}}\n\n",
        nth / 500,
        nth
    );
    out.extend_from_slice(text.as_bytes());
}

fn anthropic(dice: &mut Dice, _nth: usize, out: &mut Vec<u8>) {
    let word = dice.pick(&WORDS);
    let text = format!(
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}}}\n\n"
    );
    out.extend_from_slice(text.as_bytes());
}

fn ticks(dice: &mut Dice, nth: usize, out: &mut Vec<u8>) {
    let text = format!(
        "id: {nth:07}\ndata: {:02}.{:02}\n\n",
        dice.roll(100),
        dice.roll(100)
    );
    out.extend_from_slice(text.as_bytes());
}

fn big_line(dice: &mut Dice, _nth: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    let letter = dice.pick(b"abcdefgh");
    out.extend(std::iter::repeat_n(letter, 64 * 1024));
    out.extend_from_slice(b"\n\n");
}

fn many_lines(dice: &mut Dice, _nth: usize, out: &mut Vec<u8>) {
    for _ in 0..50 {
        out.extend_from_slice(b"data: ");
        out.extend(std::iter::repeat_n(dice.pick(b"abcdefgh"), 73));
        out.push(b'\n');
    }
    out.push(b'\n');
}

fn heartbeats(dice: &mut Dice, nth: usize, out: &mut Vec<u8>) {
    if nth % 1000 == 999 {
        out.extend_from_slice(b"data: still here\n\n");
    } else {
        out.extend_from_slice(dice.pick(&[
            &b":\n\n"[..],
            b": keep-alive\n\n",
            b": ping - 2026-01-01 00:00:00.000000+00:00\r\n\r\n",
        ]));
    }
}

fn mixed_ends(dice: &mut Dice, nth: usize, out: &mut Vec<u8>) {
    let end = dice.pick(&[
        "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\n", "\n", "\r",
    ]);
    let text = format!(
        "event: update{end}id: {nth}{end}data: {{\"value\":{}}}{end}{end}",
        dice.roll(1_000_000)
    );
    out.extend_from_slice(text.as_bytes());
}

fn cjk(dice: &mut Dice, _nth: usize, out: &mut Vec<u8>) {
    const TEXT: [&str; 6] = [
        "事件流",
        "は止まらない",
        "이벤트",
        "🚀",
        "数据总是准时到达",
        "👩‍💻",
    ];
    out.extend_from_slice(b"data: ");
    for _ in 0..18 {
        out.extend_from_slice(dice.pick(&TEXT).as_bytes());
    }
    out.extend_from_slice(b"\n\n");
}
