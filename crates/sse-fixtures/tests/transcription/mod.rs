//! The [steps of the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation),
//! transcribed one by one without a thought for speed. The corpus, written by hand, judges this; this judges the strategies.

/// What the steps keep between streams, and what they have fired.
#[derive(Default)]
pub(crate) struct EventSource {
    pub(crate) last_event_id: String,
    pub(crate) reconnection_time: Option<u64>,
    pub(crate) events: Vec<[String; 3]>,
}

impl EventSource {
    pub(crate) fn interpret(&mut self, body: &[u8]) {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let text = String::from_utf8_lossy(body)
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        let mut lines: Vec<&str> = text.split('\n').collect();
        lines.pop(); // what follows the last end of line is not a line
        let (mut data, mut event_type) = (String::new(), String::new());
        let mut id = self.last_event_id.clone();
        for line in lines {
            if line.is_empty() {
                self.last_event_id.clone_from(&id);
                let event_type = std::mem::take(&mut event_type);
                let mut data = std::mem::take(&mut data);
                if data.pop().is_some() {
                    let event_type = if event_type.is_empty() {
                        "message".into()
                    } else {
                        event_type
                    };
                    self.events.push([event_type, data, id.clone()]);
                }
                continue;
            }
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                "event" => value.clone_into(&mut event_type),
                "data" => data = data + value + "\n",
                "id" if !value.contains('\0') => value.clone_into(&mut id),
                "retry" if value.bytes().all(|byte| byte.is_ascii_digit()) => {
                    self.reconnection_time = value.parse().ok().or(self.reconnection_time);
                }
                _ => {}
            }
        }
    }
}
