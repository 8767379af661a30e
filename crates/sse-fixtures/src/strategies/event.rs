use proptest::option;
use proptest::prelude::*;

use super::text::{hostile_string, one_line};

/// An event that a server may want to send; a field that is `None` is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentEvent {
    /// The `event` field: no CR, no LF.
    pub event_type: Option<String>,
    /// The `data` fields: any text, but no CR, because one in the text comes back as LF.
    pub data: Option<String>,
    /// The `id` field: no CR, no LF, no NULL.
    pub id: Option<String>,
    /// The `retry` field, in milliseconds.
    pub retry: Option<u64>,
}

/// An event that a stream can carry so that all of it comes back.
pub fn event() -> impl Strategy<Value = SentEvent> {
    let data = hostile_string().prop_map(|text| text.replace('\r', "\n"));
    let id = one_line().prop_map(|text| text.replace('\0', ""));
    let retry = any::<u32>().prop_map(u64::from);
    (
        option::of(one_line()),
        option::of(data),
        option::of(id),
        option::of(retry),
    )
        .prop_map(|(event_type, data, id, retry)| SentEvent {
            event_type,
            data,
            id,
            retry,
        })
}
