//! An idiomatic event stream on axum at `/events`; at `/replay`, the events that a request asks for, written by axum's own encoder.

use std::convert::Infallible;
use std::panic::catch_unwind;
use std::time::Duration;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use tokio::time::sleep;

#[tokio::main]
async fn main() {
    let app = Router::new()
        .route("/events", get(events))
        .route("/replay", get(replay_get).post(replay_post));
    let port = std::env::var("PORT").unwrap_or("8000".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"));
    axum::serve(listener.await.unwrap(), app).await.unwrap();
}

async fn events(headers: HeaderMap) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = last_event_id(&headers)
        .and_then(|id| id.parse().ok())
        .unwrap_or(0_u64);
    let ticks = stream::iter(last + 1..).then(async |n| {
        sleep(Duration::from_millis(250)).await;
        Ok(Event::default()
            .id(n.to_string())
            .event("tick")
            .data(format!("tick {n}")))
    });
    Sse::new(ticks).keep_alive(KeepAlive::default())
}

fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    std::str::from_utf8(headers.get("last-event-id")?.as_bytes()).ok()
}

#[derive(Deserialize)]
struct Script {
    script: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    event: Option<String>,
    id: Option<String>,
    data: Option<String>,
    retry: Option<u64>,
    comment: Option<String>,
    wait_ms: Option<u64>,
}

async fn replay_post(
    headers: HeaderMap,
    Json(script): Json<Script>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = last_event_id(&headers);
    let seen = script
        .script
        .iter()
        .rposition(|step| step.id.is_some() && step.id.as_deref() == last);
    let steps = script
        .script
        .into_iter()
        .enumerate()
        .skip(seen.map_or(0, |seen| seen + 1));
    Sse::new(stream::iter(steps).filter_map(async |(index, step)| {
        if let Some(wait) = step.wait_ms {
            sleep(Duration::from_millis(wait)).await;
            return None;
        }
        // The builder panics at what it refuses.
        let refused = |_| {
            Event::default()
                .event("ssespec-refused")
                .data(index.to_string())
        };
        Some(Ok(catch_unwind(|| encode(&step)).unwrap_or_else(refused)))
    }))
}

fn encode(step: &Step) -> Event {
    let mut event = Event::default();
    if let Some(comment) = &step.comment {
        event = event.comment(comment);
    }
    if let Some(name) = &step.event {
        event = event.event(name);
    }
    if let Some(id) = &step.id {
        event = event.id(id);
    }
    if let Some(retry) = step.retry {
        event = event.retry(Duration::from_millis(retry));
    }
    if let Some(data) = &step.data {
        event = event.data(data);
    }
    event
}

#[derive(Deserialize)]
struct Asked {
    script: String,
}

async fn replay_get(
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, StatusCode> {
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(asked.script)
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    let script = serde_json::from_slice(&json).map_err(|_| StatusCode::BAD_REQUEST)?;
    Ok(replay_post(headers, Json(script)).await)
}
