use alloc::vec::Vec;
use core::convert::Infallible;

use crate::error::{EncodeError, Field};
use crate::sink::Sink;

/// An empty [comment](https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes) that keeps an idle
/// connection from being cut; to be sent about every 15 seconds of silence, between events.
///
/// The standard asks for no blank line after a comment. This one has it, because some clients look for blocks before
/// they look for lines, and would take a comment without it for the first line of the next event. For the same reason it
/// must not be sent into the middle of an event that another task is writing: the blank line would cut the event in two.
pub const KEEP_ALIVE: &[u8] = b":\n\n";

/// Appends a [comment](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation) of one
/// line and a blank line, for the reason told at [`KEEP_ALIVE`]; an empty text gives exactly that.
///
/// # Errors
///
/// CR or LF in the text, which would begin a field that is not a comment: see [`EncodeError`]. Then `out` is as it was
/// before. A text of several lines is not split, because only the sender knows whether one comment or many were meant.
///
/// # Examples
///
/// ```
/// let mut out = Vec::new();
/// sse_encoder::comment_into("still here", &mut out)?;
/// assert_eq!(out, b": still here\n\n");
/// # Ok::<(), sse_encoder::EncodeError>(())
/// ```
pub fn comment_into(text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Field::Comment.verify(text)?;
    let Ok(()) = write_comment::<_, Infallible>(text, out);
    Ok(())
}

pub(crate) fn write_comment<S: Sink<E> + ?Sized, E>(text: &str, sink: &mut S) -> Result<(), E> {
    sink.expect(text.len() + ": \n\n".len());
    sink.put(if text.is_empty() { ":" } else { ": " })?;
    sink.put(text)?;
    sink.put("\n\n")
}
