//! A hub that can be broken: topics that are read at `/sub/…` and published to at `/pub/…`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use ssespec::hub::{Behaviour, Hub, Publish};
use ssespec::probe::Restart;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::encode::{Answer, write};

/// What is broken, or unusual, in a hub: names that are asked for where they matter.
pub(crate) type Traits = &'static [&'static str];

/// The traits of a hub.
pub(crate) struct Has(BTreeSet<&'static str>);

impl Has {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// A running hub; dropping it ends it.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    traits: Traits,
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

struct State {
    traits: Has,
    /// How often it was started.
    starts: u32,
    topics: Mutex<BTreeMap<String, Topic>>,
}

#[derive(Default)]
struct Topic {
    count: u64,
    log: Vec<Logged>,
    subscribers: Vec<mpsc::Sender<Vec<u8>>>,
    held: Option<Vec<u8>>,
    /// Ids that a subscriber has come back with.
    known: BTreeSet<String>,
}

#[derive(Clone)]
struct Logged {
    id: Option<String>,
    bytes: Vec<u8>,
}

impl Server {
    pub(crate) async fn start(traits: Traits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            traits: Has(traits.iter().copied().collect()),
            starts: 1,
            topics: Mutex::default(),
        });
        Self {
            address,
            traits,
            accepting: tokio::spawn(accept(listener, Arc::clone(&state))),
            state,
        }
    }

    pub(crate) fn hub(&self, promises: &str) -> Hub {
        let has = |name| self.traits.contains(&name);
        let mut body = vec![r#""data": "{data}""#];
        if !has("no place for a type") {
            body.push(r#""event": "{event}""#);
        }
        if has("ids of the publisher") {
            body.push(r#""id": "{id}""#);
        }
        if !has("no place for a retry") {
            body.push(r#""retry": {retry}"#);
        }
        let behaviour: Behaviour = toml::from_str(promises).expect("a behaviour");
        Hub {
            subscribe: format!("http://{}/sub/{{topic}}", self.address),
            publish: Publish {
                method: "POST".to_owned(),
                url: format!("http://{}/pub/{{topic}}", self.address),
                headers: BTreeMap::new(),
                body: Some(format!("{{{}}}", body.join(", "))),
                form: None,
            },
            behaviour,
            topic: "watched".to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Restart for Server {
    async fn restart(&mut self) -> Result<(), String> {
        self.accepting.abort();
        let mut topics = std::mem::take(&mut *self.state.topics.lock().await);
        let durable = self.state.traits.has("durable");
        topics.retain(|_, topic| {
            topic.subscribers.clear();
            durable
        });
        self.state = Arc::new(State {
            traits: Has(self.traits.iter().copied().collect()),
            starts: self.state.starts + 1,
            topics: Mutex::new(topics),
        });
        // The socket is closed when the task is gone.
        let listener = loop {
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        self.accepting = tokio::spawn(accept(listener, Arc::clone(&self.state)));
        Ok(())
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        socket.set_nodelay(true).expect("a TCP socket");
        let state = Arc::clone(&state);
        connections.spawn(async move {
            let _left = connection(socket, &state).await;
        });
    }
}

struct Request {
    method: String,
    path: String,
    last_id: Option<String>,
    content: Vec<u8>,
}

async fn connection(mut socket: TcpStream, state: &State) -> std::io::Result<()> {
    let Some(request) = read(&mut socket).await? else {
        return Ok(());
    };
    let (kind, topic) = request
        .path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or_default();
    match (&*request.method, kind) {
        ("POST", "pub") => {
            let status = publish(state, topic, &request.content).await;
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await
        }
        ("GET", "sub") => subscribe(socket, state, topic, request.last_id).await,
        _ => {
            socket
                .write_all(
                    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                )
                .await
        }
    }
}

/// Publishes, and says with which status.
async fn publish(state: &State, name: &str, content: &[u8]) -> &'static str {
    let has = |name| state.traits.has(name);
    let Ok(mut step) = serde_json::from_slice::<Value>(content) else {
        return "400 Bad Request";
    };
    if has("slow publish") {
        sleep(Duration::from_millis(20)).await;
    }
    let mut topics = state.topics.lock().await;
    let topic = topics.entry(name.to_owned()).or_default();
    topic.count += 1;
    let count = topic.count;
    if let Some(id) = own_id(state, count) {
        step["id"] = id.into();
    } else if has("changes ids") && step.get("id").is_some() {
        step["id"] = format!("x{}", step["id"].as_str().unwrap_or_default()).into();
    } else if has("drops ids") {
        step.as_object_mut().map(|step| step.remove("id"));
    }
    if has("no types") {
        step.as_object_mut().map(|step| step.remove("event"));
    }
    if has("no retry") {
        step.as_object_mut().map(|step| step.remove("retry"));
    }
    if has("envelope") {
        step["data"] = serde_json::json!({"channel": name, "data": step["data"]})
            .to_string()
            .into();
    }
    let bytes = match write(&state.traits, 0, &step) {
        Answer::Written(bytes) => bytes,
        Answer::Refused => return "400 Bad Request",
        Answer::Panics => return "500 Internal Server Error",
        Answer::Unsupported => return "501 Not Implemented",
    };
    let lost = bytes.is_empty() || has("loses some") && count % 7 == 5;
    if !lost {
        let id = step.get("id").and_then(Value::as_str).map(str::to_owned);
        topic.log.push(Logged {
            id,
            bytes: bytes.clone(),
        });
        let sent = match has("one behind") {
            true => topic.held.replace(bytes),
            false => Some(bytes),
        };
        let mut sent: Vec<_> = sent.into_iter().collect();
        if has("doubles") && count % 5 == 4 {
            sent.extend(sent.clone());
        }
        let own = topic.subscribers.clone();
        let mut everybody = Vec::new();
        if has("leaks") {
            everybody = topics
                .values()
                .flat_map(|topic| topic.subscribers.clone())
                .collect();
        }
        for bytes in sent {
            for subscriber in if everybody.is_empty() {
                &own
            } else {
                &everybody
            } {
                if has("waits for the slow") {
                    let _gone = subscriber.send(bytes.clone()).await;
                } else if subscriber.try_send(bytes.clone()).is_err() {
                    // Full: it is let go, and comes back.
                }
            }
        }
    }
    match () {
        () if has("answers 500") => "500 Internal Server Error",
        () if has("answers 201") => "201 Created",
        () if has("answers 202") => "202 Accepted",
        () if has("answers 204") => "204 No Content",
        () => "200 OK",
    }
}

/// The id that the hub gives an event.
fn own_id(state: &State, count: u64) -> Option<String> {
    let has = |name| state.traits.has(name);
    match () {
        () if has("ids of the publisher") || has("no ids") => None,
        () if has("one id for all") => Some("1".to_owned()),
        () if has("opaque ids") => {
            let mixed = (count ^ 0x5555).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            Some(format!("urn:uuid:{mixed:016x}-{}", state.starts))
        }
        () if has("ids begin again") || has("durable") => Some(count.to_string()),
        () => Some(format!("{}-{count}", state.starts)),
    }
}

async fn subscribe(
    mut socket: TcpStream,
    state: &State,
    name: &str,
    last_id: Option<String>,
) -> std::io::Result<()> {
    let has = |name| state.traits.has(name);
    let queue = if has("waits for the slow") { 1 } else { 1_000 };
    let (sender, mut receiver) = mpsc::channel(queue);
    let backlog = {
        let mut topics = state.topics.lock().await;
        let topic = topics.entry(name.to_owned()).or_default();
        let known = last_id
            .as_deref()
            .is_none_or(|id| topic.log.iter().any(|one| one.id.as_deref() == Some(id)));
        if has("refuses what it does not know") && !known {
            return socket
                .write_all(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                )
                .await;
        }
        topic
            .subscribers
            .retain(|subscriber| !subscriber.is_closed());
        if known || !has("silent on what it does not know") {
            topic.subscribers.push(sender.clone());
        }
        backlog(state, topic, last_id.as_deref())
    };
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n").await?;
    if has("hello") {
        socket
            .write_all(b"retry: 2000\nevent: hello\ndata: {\"topic\": 1}\n\n")
            .await?;
    }
    let mut waiting = backlog;
    if !has("new before old") {
        for bytes in waiting.drain(..) {
            socket.write_all(&bytes).await?;
        }
    }
    let mut skip = usize::from(has("gap before what is new") && last_id.is_some());
    let mut own = 0_u64;
    let (mut reading, mut writing) = socket.split();
    let mut ignored = [0; 64];
    let mut ticks = std::process::id();
    let mut ticking = tokio::time::interval(Duration::from_millis(60));
    loop {
        let bytes = tokio::select! {
            bytes = receiver.recv() => bytes,
            read = reading.read(&mut ignored) => match read {
                Ok(0) | Err(_) => return Ok(()),
                Ok(_) => continue,
            },
            _ = ticking.tick(), if has("ticks") => {
                ticks += 1;
                writing.write_all(format!("data: tick {ticks}\n\n").as_bytes()).await?;
                continue;
            }
            () = sleep(Duration::from_millis(25)), if has("keep-alives") || has("pings") => {
                let ping: &[u8] = if has("pings") { b"event: ping\ndata: {\"time\": 1}\n\n" } else { b":\n\n" };
                writing.write_all(ping).await?;
                continue;
            }
        };
        let Some(mut bytes) = bytes else {
            // Nobody publishes to it any more; it stays open.
            let _gone = reading.read(&mut ignored).await;
            return Ok(());
        };
        if skip > 0 {
            skip -= 1;
            continue;
        }
        own += 1;
        if has("an id for each connection") {
            let id = format!("id: {own}\n");
            bytes.splice(0..0, id.into_bytes());
        }
        if has("late delivery") {
            sleep(Duration::from_millis(20)).await;
        }
        writing.write_all(&bytes).await?;
        for bytes in waiting.drain(..) {
            writing.write_all(&bytes).await?;
        }
    }
}

/// What a new subscriber gets of what is already there.
fn backlog(state: &State, topic: &mut Topic, last_id: Option<&str>) -> Vec<Vec<u8>> {
    let has = |name| state.traits.has(name);
    let all = || topic.log.iter().map(|one| one.bytes.clone());
    if has("replays everything") {
        return all().collect();
    }
    if has("replays the last three") {
        return all().skip(topic.log.len().saturating_sub(3)).collect();
    }
    let Some(id) = last_id.filter(|_| !has("no replay")) else {
        return Vec::new();
    };
    if has("replays an id once") && !topic.known.insert(id.to_owned()) {
        return Vec::new();
    }
    let Some(at) = topic
        .log
        .iter()
        .rposition(|one| one.id.as_deref() == Some(id))
    else {
        return Vec::new();
    };
    if has("replays from the start") {
        return all().collect();
    }
    let from = if has("replays the one with the id too") {
        at
    } else {
        at + 1
    };
    let mut replayed: Vec<_> = all().skip(from).collect();
    if has("replays backwards") {
        replayed.reverse();
    }
    if has("loses the first that was missed") && !replayed.is_empty() {
        replayed.remove(0);
    }
    replayed
}

async fn read(socket: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let header = |name: &str| {
        text.lines().find_map(|line| {
            let (own, value) = line.split_once(':')?;
            own.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    let length: usize = header("content-length")
        .and_then(|value| value.parse().ok())
        .unwrap_or(0);
    let mut content = bytes[head..].to_vec();
    while content.len() < length {
        let mut buffer = vec![0; 64 << 10];
        match socket.read(&mut buffer).await? {
            0 => return Ok(None),
            count => content.extend_from_slice(&buffer[..count]),
        }
    }
    let mut words = text.split(' ');
    Ok(Some(Request {
        method: words.next().unwrap_or_default().to_owned(),
        path: words.next().unwrap_or_default().to_owned(),
        last_id: header("last-event-id"),
        content,
    }))
}
