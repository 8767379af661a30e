use core::time::Duration;

/// The reconnection time that a `retry` field [sets](https://html.spec.whatwg.org/multipage/server-sent-events.html#processField): ASCII digits only, in milliseconds.
///
/// `None` if the field is ignored: there is any other byte, or nothing at all. (For an empty value the standard does not say what
/// it means; every known implementation ignores it.) More than [`u64::MAX`] milliseconds are [`u64::MAX`].
///
/// # Examples
///
/// ```
/// use core::time::Duration;
/// use sse_parser::retry_value;
///
/// assert_eq!(retry_value(b"0250"), Some(Duration::from_millis(250)));
/// assert_eq!(retry_value(b"1e3"), None);
/// assert_eq!(retry_value(b"99999999999999999999"), Some(Duration::from_millis(u64::MAX)));
/// ```
#[must_use]
pub fn retry_value(value: &[u8]) -> Option<Duration> {
    let mut retry = RetryValue::NEW;
    retry.feed(value);
    retry.finish()
}

/// A `retry` value of which not everything has come: a number, so that no digits have to be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryValue {
    milliseconds: u64,
    any_digit: bool,
    any_other: bool,
}

impl RetryValue {
    pub(crate) const NEW: Self = Self {
        milliseconds: 0,
        any_digit: false,
        any_other: false,
    };

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if byte.is_ascii_digit() {
                let digit = u64::from(byte - b'0');
                self.milliseconds = self.milliseconds.saturating_mul(10).saturating_add(digit);
                self.any_digit = true;
            } else {
                self.any_other = true;
            }
        }
    }

    pub(crate) fn finish(self) -> Option<Duration> {
        (self.any_digit && !self.any_other).then(|| Duration::from_millis(self.milliseconds))
    }
}
