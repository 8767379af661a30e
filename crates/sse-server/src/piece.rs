//! What goes to a reader in one piece: encoded once, framed once, compressed at most once, and shared by everybody.

use bytes::Bytes;

/// Some whole events or comments, together with the frame of a [chunk](https://www.rfc-editor.org/rfc/rfc9112#section-7.1) around them.
#[derive(Debug, Clone)]
pub(crate) struct Piece {
    chunk: Bytes,
    /// Bytes of the chunk's size line.
    head: u8,
}

impl Piece {
    pub(crate) fn new(plain: &[u8]) -> Self {
        let head = format!("{:X}\r\n", plain.len());
        let chunk = [head.as_bytes(), plain, b"\r\n"].concat();
        Self {
            chunk: chunk.into(),
            head: u8::try_from(head.len()).expect("a size has 16 digits at most"),
        }
    }

    /// With its frame, for HTTP/1.1.
    pub(crate) fn chunk(self) -> Bytes {
        self.chunk
    }

    /// Bytes without the frame.
    pub(crate) fn len(&self) -> usize {
        self.chunk.len() - usize::from(self.head) - 2
    }

    pub(crate) fn plain(&self) -> Bytes {
        self.chunk
            .slice(usize::from(self.head)..self.chunk.len() - 2)
    }
}

/// A [`Piece`] in all codings.
#[derive(Debug)]
pub(crate) struct Encoded {
    plain: Piece,
    #[cfg(feature = "gzip")]
    deflated: std::sync::OnceLock<Piece>,
}

impl Encoded {
    pub(crate) fn new(plain: &[u8]) -> Self {
        Self {
            plain: Piece::new(plain),
            #[cfg(feature = "gzip")]
            deflated: std::sync::OnceLock::new(),
        }
    }

    pub(crate) const fn plain(&self) -> &Piece {
        &self.plain
    }

    /// The data that was encoded; lines end with LF now, whatever they ended with. `None` if the event has none.
    pub(crate) fn data(&self) -> Option<String> {
        let plain = self.plain.plain();
        let text = std::str::from_utf8(&plain).ok()?;
        let mut lines = text
            .split('\n')
            .filter_map(|line| line.strip_prefix("data: "));
        let mut data = lines.next()?.to_owned();
        for line in lines {
            data.push('\n');
            data.push_str(line);
        }
        Some(data)
    }

    /// Compressed when the first reader asks for it.
    #[cfg(feature = "gzip")]
    pub(crate) fn deflated(&self) -> &Piece {
        self.deflated
            .get_or_init(|| Piece::new(&crate::gzip::deflate(&self.plain.plain())))
    }
}
