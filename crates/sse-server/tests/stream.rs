//! The stream of one reader, without a network and with a clock that only moves when nothing else can.

use std::time::Duration;

use http_body_util::BodyExt;
use sse_encoder::Event;
use sse_parser::EventStream;
use sse_server::{Events, Hub, Settings};
use tokio::time::Instant;

async fn next(events: &mut Events) -> String {
    next_if_any(events).await.expect("it goes on")
}

async fn next_if_any(events: &mut Events) -> Option<String> {
    let frame = events.frame().await?.expect("it cannot fail");
    let data = frame.into_data().expect("it is data").to_vec();
    Some(String::from_utf8(data).expect("it is text"))
}

#[tokio::test(start_paused = true)]
#[expect(clippy::disallowed_methods, reason = "the clock is a paused one")]
async fn silence_is_broken_by_a_comment_and_events_put_it_off() {
    let topic = Hub::new(Settings::default()).topic("news");
    let mut events = topic.subscribe(None).expect("it is open");
    assert_eq!(next(&mut events).await, "retry: 2000\n\n");
    let start = Instant::now();
    assert!(next(&mut events).await.starts_with(':'));
    assert_eq!(start.elapsed().as_secs(), 15);

    tokio::time::advance(Duration::from_secs(10)).await;
    topic
        .publish(Event::new().data("x"))
        .expect("it can be sent");
    assert!(next(&mut events).await.ends_with("data: x\n\n"));
    let start = Instant::now();
    assert!(next(&mut events).await.starts_with(':'));
    assert_eq!(
        start.elapsed().as_secs(),
        15,
        "the silence begins with the event"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_nothing_comes_twice_however_often_one_comes_back() {
    const EVENTS: usize = 2_000;
    let mut settings = Settings::default();
    settings.history = EVENTS;
    let topic = Hub::new(settings).topic("news");
    let publisher = topic.clone();
    let first = publisher
        .publish(Event::new().data("0"))
        .expect("it can be sent");
    let publishing = tokio::spawn(async move {
        for nth in 1..EVENTS {
            publisher
                .publish(Event::new().data(&nth.to_string()))
                .expect("it can be sent");
            tokio::task::yield_now().await;
        }
    });

    let mut stream = EventStream::new().with_last_event_id(&first);
    let mut seen = vec![0];
    while seen.len() < EVENTS {
        let mut events = topic
            .subscribe(Some(stream.last_event_id()))
            .expect("it is open");
        // Leaves after a few frames, in the middle of what goes on.
        for _ in 0..7 {
            if seen.len() == EVENTS {
                break;
            }
            // It is let go when more was published meanwhile than may wait for it.
            let Some(frame) = next_if_any(&mut events).await else {
                break;
            };
            let mut feed = stream.feed(frame.as_bytes());
            while let Some(event) = feed.next_event() {
                seen.push(
                    event
                        .expect("there are no limits")
                        .data()
                        .parse()
                        .expect("it is a number"),
                );
            }
        }
        stream.finish();
    }
    publishing.await.expect("it does not panic");
    assert_eq!(seen, (0..EVENTS).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_is_encoded_once_for_everybody() {
    let mut settings = Settings::default();
    settings.retry = None;
    let topic = Hub::new(settings).topic("news");
    let mut readers = [
        topic.subscribe(None).expect("it is open"),
        topic.subscribe(None).expect("it is open"),
    ];
    topic
        .publish(Event::new().data("x"))
        .expect("it can be sent");
    let mut places = Vec::new();
    for reader in &mut readers {
        let frame = reader
            .frame()
            .await
            .expect("it goes on")
            .expect("it cannot fail");
        places.push(frame.into_data().expect("it is data").as_ptr());
    }
    assert_eq!(places[0], places[1], "both have the same memory");
}

#[test]
fn what_cannot_be_sent_is_refused_and_leaves_no_trace() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let _entered = runtime.enter();
    let topic = Hub::default().topic("news");
    let first = topic
        .publish(Event::new().data("x"))
        .expect("it can be sent");
    assert!(topic.publish(Event::new().event("a\nb").data("x")).is_err());
    let second = topic
        .publish(Event::new().data("y"))
        .expect("it can be sent");
    let number = |id: &str| {
        id.split_once('-')
            .expect("it has a number")
            .1
            .parse::<u64>()
            .expect("it is one")
    };
    assert_eq!(number(&second), number(&first) + 1);
}

#[tokio::test]
async fn what_was_done_is_counted() {
    let mut settings = Settings::default();
    settings.queue = 2;
    let hub = Hub::new(settings);
    let topic = hub.topic("news");
    let publish = |text: &str| {
        topic
            .publish(Event::new().data(text))
            .expect("it can be sent")
    };
    let first = publish("a");
    publish("b");
    let mut back = topic.subscribe(Some(&first)).expect("it is open");
    let idle = topic.subscribe(None).expect("it is open");
    let mut bytes = next(&mut back).await.len() + next(&mut back).await.len();
    publish("c");
    bytes += next(&mut back).await.len();
    let seen = hub.metrics();
    assert_eq!((seen.subscribers, seen.published), (2, 3));
    assert_eq!((seen.delivered, seen.replayed, seen.dropped), (2, 1, 0));
    assert_eq!(seen.bytes, bytes as u64);
    publish("d");
    publish("e");
    let seen = hub.metrics();
    assert_eq!(
        (seen.subscribers, seen.dropped),
        (1, 1),
        "one has read nothing"
    );
    drop((back, idle));
    assert_eq!(hub.metrics().subscribers, 0);
}

#[test]
fn the_last_data_is_what_was_published_last() {
    let topic = Hub::new(Settings::default()).topic("news");
    assert_eq!(topic.last_data(), None);
    for (event, data) in [
        (Event::new().event("x").data("a\r\n: b\n"), Some("a\n: b\n")),
        (Event::new().data(""), Some("")),
        (Event::new().event("data: y"), None),
        (Event::new().data("data: é"), Some("data: é")),
    ] {
        topic.publish(event).expect("it can be sent");
        assert_eq!(topic.last_data().as_deref(), data);
    }
}
