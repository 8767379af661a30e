use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::encode::write_event;
use crate::error::Field;
use crate::event::Event;

impl Event<'_> {
    /// Appends the event with every character that cannot be sent replaced by U+FFFD REPLACEMENT CHARACTER.
    ///
    /// For logs and the like, where a changed name is better than none; [`encode_into`](Self::encode_into) refuses instead.
    /// Apart from growing the buffer, only an event in which something has to be replaced allocates.
    ///
    /// # Examples
    ///
    /// ```
    /// use sse_encoder::Event;
    ///
    /// let mut out = Vec::new();
    /// Event::new().event("x\ndata: forged").data("d").encode_lossy_into(&mut out);
    /// assert_eq!(out, "event: x\u{FFFD}data: forged\ndata: d\n\n".as_bytes());
    /// ```
    pub fn encode_lossy_into(&self, out: &mut Vec<u8>) {
        let event = self.event.map(|event| replaced(Field::Event, event));
        let id = self.id.map(|id| replaced(Field::Id, id));
        let expressible = Event {
            event: event.as_deref(),
            id: id.as_deref(),
            ..*self
        };
        let Ok(()) = write_event::<_, Infallible>(&expressible, out);
    }
}

fn replaced(field: Field, value: &str) -> Cow<'_, str> {
    if field.verify(value).is_ok() {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len() + 8);
    for character in value.chars() {
        let forbidden = u8::try_from(character).is_ok_and(|byte| field.forbids(byte));
        text.push(if forbidden {
            char::REPLACEMENT_CHARACTER
        } else {
            character
        });
    }
    Cow::Owned(text)
}
