/// How much of a byte order mark [at the start of the stream](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bom {
    /// So many of its bytes, and nothing else: 0 to 2.
    Begun(usize),
    /// It was there, or something else was; a second one is text.
    Passed { present: bool },
}

const BOM: [u8; 3] = *b"\xEF\xBB\xBF";

impl Bom {
    pub(crate) const START: Self = Self::Begun(0);

    /// Takes its bytes off the chunk. The second value is the part of a mark that turned out to be none, which is text before the rest.
    #[inline]
    pub(crate) fn strip<'c>(&mut self, chunk: &'c [u8]) -> (&'c [u8], &'static [u8]) {
        match *self {
            Self::Passed { .. } => (chunk, &[]),
            Self::Begun(have) => self.compare(have, chunk),
        }
    }

    fn compare<'c>(&mut self, have: usize, chunk: &'c [u8]) -> (&'c [u8], &'static [u8]) {
        let missing = &BOM[have..];
        if let Some(rest) = chunk.strip_prefix(missing) {
            *self = Self::Passed { present: true };
            (rest, &[])
        } else if missing.starts_with(chunk) {
            *self = Self::Begun(have + chunk.len());
            (&[], &[])
        } else {
            *self = Self::Passed { present: false };
            (chunk, BOM.get(..have).unwrap_or_default())
        }
    }

    /// What of an unfinished mark is text, now that the stream has ended.
    pub(crate) fn unfinished(self) -> &'static [u8] {
        match self {
            Self::Begun(have) => &BOM[..have],
            Self::Passed { .. } => &[],
        }
    }
}
