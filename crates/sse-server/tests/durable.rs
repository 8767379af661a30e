//! What is in the file is there again when it is opened.
#![cfg(feature = "durable")]

use std::path::Path;

use http_body_util::BodyExt;
use sse_encoder::Event;
use sse_server::{Hub, PublishError, Settings, Topic};

fn open(file: &Path, history: usize) -> Hub {
    let mut settings = Settings::default();
    settings.retry = None;
    settings.history = history;
    Hub::open(settings, file).expect("it can be opened")
}

async fn missed(topic: &Topic, id: &str, events: usize) -> Vec<String> {
    let mut stream = topic.subscribe(Some(id)).expect("it is open");
    let mut texts = Vec::new();
    for _ in 0..events {
        let frame = stream.frame().await.expect("it goes on");
        let data = frame.expect("it cannot fail").into_data();
        let data = data.expect("it is data").to_vec();
        texts.push(String::from_utf8(data).expect("it is text"));
    }
    texts
}

#[tokio::test]
async fn ids_and_history_go_on_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let mut ids = Vec::new();
    for run in 0..3 {
        let hub = open(&file, 100);
        let topic = hub.topic("news");
        let before = (run > 0).then(|| format!("{}.4", run - 1));
        assert_eq!(topic.last_data(), before, "it goes on where it was");
        for nth in 0..5 {
            let text = format!("{run}.{nth}");
            let id = topic.publish_stored(Event::new().data(&text)).await;
            ids.push(id.expect("it is stored"));
        }
        let all = missed(&topic, &ids[0], ids.len() - 1).await;
        for (id, text) in ids[1..].iter().zip(all) {
            assert!(
                text.starts_with(&format!("id: {id}\n")),
                "{text} is not {id}"
            );
        }
    }
    let (name, number) = ids[14].split_once('-').expect("it has a number");
    assert_eq!(number, "15");
    assert!(ids[0].starts_with(name), "they are ids of one log");
}

#[tokio::test]
async fn what_was_published_before_the_end_is_written_before_the_end() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let topic = open(&file, 100).topic("news");
    let id = topic
        .publish(Event::new().data("a"))
        .expect("it can be sent");
    topic
        .publish(Event::new().data("b"))
        .expect("it can be sent");
    drop(topic);
    let topic = open(&file, 100).find("news").expect("it was kept");
    assert!(missed(&topic, &id, 1).await[0].ends_with("\ndata: b\n\n"));
}

#[tokio::test]
async fn the_file_keeps_no_more_than_the_history() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let topic = open(&file, 3).topic("news");
    let mut ids = Vec::new();
    for nth in 0..10 {
        let text = nth.to_string();
        let id = topic.publish_stored(Event::new().data(&text));
        ids.push(id.await.expect("it is stored"));
    }
    drop(topic);
    // More than there ever was: what was thrown away does not come back.
    let topic = open(&file, 100).find("news").expect("it was kept");
    let kept = missed(&topic, &ids[0], 3).await;
    assert!(kept[0].ends_with("\ndata: 7\n\n"), "{kept:?}");
    drop(topic);
    let topic = open(&file, 1).find("news").expect("it was kept");
    let kept = missed(&topic, &ids[0], 1).await;
    assert!(kept[0].ends_with("\ndata: 9\n\n"), "{kept:?}");
}

#[tokio::test]
async fn topics_are_kept_apart_and_what_is_refused_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let hub = open(&file, 100);
    let (news, olds) = (hub.topic("news"), hub.topic("olds"));
    let refused = news
        .publish_stored(Event::new().event("a\nb").data("x"))
        .await;
    assert!(matches!(refused, Err(PublishError::Refused(_))));
    let first = news.publish_stored(Event::new().data("a")).await;
    let first = first.expect("it is stored");
    assert!(first.ends_with("-1"), "{first}");
    olds.publish_stored(Event::new().data("b"))
        .await
        .expect("it is stored");
    drop((hub, news, olds));
    let hub = open(&file, 100);
    let olds = hub.find("olds").expect("it was kept");
    assert!(missed(&olds, "unknown", 1).await[0].ends_with("\ndata: b\n\n"));
}

#[tokio::test]
async fn a_file_is_open_once_and_is_what_it_should_be() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("events.redb");
    let hub = open(&file, 100);
    let twice = Hub::open(Settings::default(), &file).expect_err("it is open");
    assert!(
        twice.to_string().contains("events.redb cannot be used"),
        "{twice}"
    );
    drop(hub);
    drop(open(&file, 100));
    std::fs::write(&file, "something else, and more than a header of it")
        .expect("it can be written");
    Hub::open(Settings::default(), &file).expect_err("it is no store");
}
