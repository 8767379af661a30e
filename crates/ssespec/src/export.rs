//! The corpus as one JSON document, for harnesses in other languages: `ssespec-fixtures/1`. Members may be added, none is renamed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Serialize;
use sse_fixtures::Fixture;

use crate::check::Role;
use crate::requirement::{self, Level};

/// The name and version of the form.
pub const SCHEMA: &str = "ssespec-fixtures/1";

/// All fixtures that a parser can play.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Export {
    /// `ssespec-fixtures/1`.
    schema: String,
    /// The version of ssespec.
    version: String,
    /// One a stream; sessions of several connections are left out.
    fixtures: Vec<Stream>,
}

/// A stream and what must come of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Stream {
    /// The requirement and the name of the fixture.
    id: String,
    /// What it shows.
    summary: String,
    /// Where it was first seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    from: Vec<String>,
    /// How binding the requirement is for a parser. What a fixture of an ambiguous one asserts holds in every reading.
    level: Option<Level>,
    /// The bytes of the stream in base64.
    bytes: String,
    /// The lengths of the chunks in which its author cut it.
    chunks: Vec<usize>,
    /// The events that must come; absent if nothing is asserted.
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Event>>,
    /// What must be remembered at the end; absent if nothing is asserted.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
}

/// An event; a member that is absent is not asserted.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_id: Option<String>,
}

/// A state; a member that is absent is not asserted, one that is null was never set. A last event ID that was never set is the empty one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    last_event_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reconnection_time: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reconnection_time_at_least: Option<u64>,
}

/// The document, on several lines.
///
/// # Panics
///
/// Never: it holds nothing that JSON cannot.
pub fn json(fixtures: &[&Fixture]) -> String {
    let export = Export {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        fixtures: fixtures
            .iter()
            .filter_map(|fixture| stream(fixture))
            .collect(),
    };
    serde_json::to_string_pretty(&export).expect("an export is plain data") + "\n"
}

fn stream(fixture: &Fixture) -> Option<Stream> {
    let stream = fixture.stream()?;
    if fixture.events().is_none() && fixture.state().is_none() {
        return None;
    }
    let chunks = sse_fixtures::cuts::as_written(stream);
    let events = fixture.events().map(|events| {
        let events = events.iter().map(|event| Event {
            event_type: event.event_type.clone(),
            data: event.data.clone(),
            last_event_id: event.last_event_id.clone(),
        });
        events.collect()
    });
    Some(Stream {
        id: fixture.id.clone(),
        summary: fixture.summary.clone(),
        from: fixture.from.clone(),
        level: requirement::find(&fixture.check).map(|row| row.level(Role::Parser)),
        bytes: STANDARD.encode(&stream.bytes),
        chunks: chunks.chunks(&stream.bytes).map(<[u8]>::len).collect(),
        events,
        state: fixture.state().map(|state| State {
            last_event_id: state.last_event_id.clone(),
            reconnection_time: state.reconnection_time,
            reconnection_time_at_least: state.reconnection_time_at_least,
        }),
    })
}
