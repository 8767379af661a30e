//! An idiomatic event stream on warp at `/events`; at `/replay`, the events that a request asks for, written by warp's own encoder.

use std::convert::Infallible;
use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::time::sleep;
use warp::http::StatusCode;
use warp::reply::Response;
use warp::sse::Event;
use warp::{Filter as _, Reply as _};

#[tokio::main]
async fn main() {
    let events = warp::path!("events")
        .and(warp::get())
        .and(warp::sse::last_event_id())
        .map(events);
    let replay = warp::path!("replay").and(warp::header::optional("last-event-id"));
    let post = replay
        .clone()
        .and(warp::post())
        .and(warp::body::json())
        .map(replay_steps);
    let get = replay.and(warp::get()).and(warp::query()).map(replay_get);
    let port: u16 = std::env::var("PORT").map_or(8000, |port| port.parse().unwrap());
    warp::serve(events.or(post).or(get))
        .run(([127, 0, 0, 1], port))
        .await;
}

fn events(last: Option<u64>) -> Response {
    let ticks = stream::iter(last.unwrap_or(0) + 1..).then(async |n| {
        sleep(Duration::from_millis(250)).await;
        Ok::<_, Infallible>(
            Event::default()
                .id(n.to_string())
                .event("tick")
                .data(format!("tick {n}")),
        )
    });
    warp::sse::reply(warp::sse::keep_alive().stream(ticks)).into_response()
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

fn replay_steps(last: Option<String>, script: Script) -> Response {
    let seen = script
        .script
        .iter()
        .rposition(|step| step.id.is_some() && step.id == last);
    let steps = script
        .script
        .into_iter()
        .skip(seen.map_or(0, |seen| seen + 1));
    let events = stream::iter(steps).filter_map(async |step| {
        if let Some(wait) = step.wait_ms {
            sleep(Duration::from_millis(wait)).await;
            return None;
        }
        Some(Ok::<_, Infallible>(encode(step)))
    });
    warp::sse::reply(events).into_response()
}

fn encode(step: Step) -> Event {
    let mut event = Event::default();
    if let Some(comment) = step.comment {
        event = event.comment(comment);
    }
    if let Some(name) = step.event {
        event = event.event(name);
    }
    if let Some(id) = step.id {
        event = event.id(id);
    }
    if let Some(retry) = step.retry {
        event = event.retry(Duration::from_millis(retry));
    }
    if let Some(data) = step.data {
        event = event.data(data);
    }
    event
}

#[derive(Deserialize)]
struct Asked {
    script: String,
}

fn replay_get(last: Option<String>, asked: Asked) -> Response {
    let json = BASE64_URL_SAFE_NO_PAD.decode(asked.script).ok();
    match json.and_then(|json| serde_json::from_slice(&json).ok()) {
        Some(script) => replay_steps(last, script),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}
