//! An idiomatic event stream on actix-web and actix-web-lab at `/events`; at `/replay`, the events that a request asks for, written by the
//! encoder of actix-web-lab.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::error::ErrorBadRequest;
use actix_web::{App, HttpRequest, HttpServer, Responder, get, post, web};
use actix_web_lab::sse::{Data, Event, Sse};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use tokio::time::sleep;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").unwrap_or("8000".to_owned());
    HttpServer::new(|| {
        App::new()
            .service(events)
            .service(replay_post)
            .service(replay_get)
    })
    .workers(2)
    .bind(format!("127.0.0.1:{port}"))?
    .run()
    .await
}

#[get("/events")]
async fn events(request: HttpRequest) -> impl Responder {
    let last = last_event_id(&request)
        .and_then(|id| id.parse().ok())
        .unwrap_or(0_u64);
    let ticks = stream::iter(last + 1..).then(async |n| {
        sleep(Duration::from_millis(250)).await;
        Data::new(format!("tick {n}"))
            .event("tick")
            .id(n.to_string())
            .into()
    });
    Sse::from_infallible_stream(ticks).with_keep_alive(Duration::from_secs(15))
}

fn last_event_id(request: &HttpRequest) -> Option<&str> {
    let id = request.headers().get("last-event-id")?;
    std::str::from_utf8(id.as_bytes()).ok()
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

#[post("/replay")]
async fn replay_post(request: HttpRequest, web::Json(script): web::Json<Script>) -> impl Responder {
    replay(&request, script)
}

fn replay(request: &HttpRequest, script: Script) -> impl Responder + use<> {
    let last = last_event_id(request);
    let seen = script
        .script
        .iter()
        .rposition(|step| step.id.is_some() && step.id.as_deref() == last);
    let steps = script
        .script
        .into_iter()
        .enumerate()
        .skip(seen.map_or(0, |seen| seen + 1));
    Sse::from_stream(stream::iter(steps).filter_map(async |(index, step)| {
        if let Some(wait) = step.wait_ms {
            sleep(Duration::from_millis(wait)).await;
            return None;
        }
        let answer = |name: &'static str| Event::from(Data::new(index.to_string()).event(name));
        let Some(event) = event(&step) else {
            return Some(Ok(answer("ssespec-unsupported")));
        };
        // What it refuses is an error of the body, which would end the stream: so it is asked first.
        let alone = Sse::from_infallible_stream(stream::iter([event.clone()]));
        let event = if to_bytes(alone).await.is_err() {
            answer("ssespec-refused")
        } else {
            event
        };
        Some(Ok::<_, Infallible>(event))
    }))
}

/// There is always data in an event, and `retry` only before the first one.
fn event(step: &Step) -> Option<Event> {
    if let Some(comment) = &step.comment {
        return Some(Event::Comment(comment.as_str().into()));
    }
    let (Some(data), None) = (&step.data, step.retry) else {
        return None;
    };
    let mut event = Data::new(data.as_str());
    if let Some(name) = &step.event {
        event.set_event(name.as_str());
    }
    if let Some(id) = &step.id {
        event.set_id(id.as_str());
    }
    Some(event.into())
}

#[derive(Deserialize)]
struct Asked {
    script: String,
}

#[get("/replay")]
async fn replay_get(
    request: HttpRequest,
    asked: web::Query<Asked>,
) -> actix_web::Result<impl Responder> {
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(&asked.script)
        .map_err(ErrorBadRequest)?;
    Ok(replay(
        &request,
        serde_json::from_slice(&json).map_err(ErrorBadRequest)?,
    ))
}
