use std::io;

use crate::check::Checked;
use crate::encode::write_event;
use crate::event::Event;
use crate::sink::Sink;

impl Event<'_> {
    /// Writes the event to a file, a socket or the like, and does not flush.
    ///
    /// An event of up to 1 KiB goes out in a single write, so that a socket needs no [`BufWriter`](io::BufWriter).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) around an [`EncodeError`](crate::EncodeError), before anything was
    /// written; or the error of the writer, after which a part may have been written.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut out = Vec::new();
    /// sse_encoder::Event::new().data("x").write_to(&mut out)?;
    /// assert_eq!(out, b"data: x\n\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn write_to(&self, writer: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
        let checked = self
            .check()
            .map_err(|refused| io::Error::new(io::ErrorKind::InvalidInput, refused))?;
        checked.write_to(writer)
    }
}

impl Checked<'_> {
    /// Writes the event, as [`Event::write_to`] does.
    ///
    /// # Errors
    ///
    /// The error of the writer, after which a part of the event may have been written.
    pub fn write_to(&self, writer: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
        let mut packed = Packed {
            writer,
            waiting: [0; PACK],
            used: 0,
        };
        write_event(&self.event(), &mut packed)?;
        packed.pass_on()
    }
}

/// In bytes.
const PACK: usize = 1024;

/// Collects small pieces on the stack: a field is three of them, and a socket would send each in a packet of its own.
struct Packed<'w, W: ?Sized> {
    writer: &'w mut W,
    waiting: [u8; PACK],
    used: usize,
}

impl<W: io::Write + ?Sized> Packed<'_, W> {
    fn pass_on(&mut self) -> io::Result<()> {
        let used = core::mem::take(&mut self.used);
        if used == 0 {
            Ok(())
        } else {
            self.writer.write_all(&self.waiting[..used])
        }
    }
}

impl<W: io::Write + ?Sized> Sink<io::Error> for Packed<'_, W> {
    fn put(&mut self, text: &str) -> io::Result<()> {
        if text.len() > PACK - self.used {
            self.pass_on()?;
        }
        if text.len() > PACK {
            return self.writer.write_all(text.as_bytes());
        }
        self.waiting[self.used..self.used + text.len()].copy_from_slice(text.as_bytes());
        self.used += text.len();
        Ok(())
    }
}
