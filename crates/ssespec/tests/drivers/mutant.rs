//! A parser with defects that can be switched on: one for each way to misread the standard that somebody has taken, or might.
//!
//! Plain and slow, like the transcription of the standard in the tests of the parser, so that one line of it can be wrong at a time.

#[derive(Clone, Debug, Default)]
pub(crate) struct Event {
    pub(crate) event_type: String,
    pub(crate) data: String,
    pub(crate) id: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Parser {
    pub(crate) twist: &'static str,
    /// Whether it has broken down.
    pub(crate) crashed: bool,
    /// Bytes that are not a whole line yet.
    rest: Vec<u8>,
    started: bool,
    after_cr: bool,
    /// Whether the data buffer holds a line, which may be empty.
    has_data: bool,
    data: String,
    event_type: String,
    id: String,
    id_in_block: bool,
    pub(crate) committed: String,
    pub(crate) time: Option<u128>,
    retry: Option<u128>,
    pub(crate) events: Vec<Event>,
}

impl Parser {
    pub(crate) fn new(twist: &'static str) -> Self {
        Self {
            twist,
            crashed: false,
            rest: Vec::new(),
            started: false,
            after_cr: false,
            has_data: false,
            data: String::new(),
            event_type: String::new(),
            id: String::new(),
            id_in_block: false,
            committed: String::new(),
            time: None,
            retry: None,
            events: Vec::new(),
        }
    }

    fn is(&self, twist: &str) -> bool {
        self.twist == twist
    }

    pub(crate) fn feed(&mut self, chunk: &[u8]) {
        if self.is("chunk-is-lines") && !self.rest.is_empty() {
            let rest = std::mem::take(&mut self.rest);
            self.line(&rest);
        }
        if self.is("decode-each-chunk") {
            let text = String::from_utf8_lossy(chunk).into_owned();
            self.rest.extend(text.bytes());
        } else if self.is("empty-chunk-starts") && chunk.is_empty() {
            self.started = true;
        } else {
            self.rest.extend_from_slice(chunk);
        }
        if !self.started {
            let bom: &[u8] = b"\xef\xbb\xbf";
            if self.is("bom-only-in-first-chunk") {
                if !chunk.is_empty() {
                    if self.rest.starts_with(bom) {
                        self.rest.drain(..3);
                    }
                    self.started = true;
                }
            } else if self.rest.len() < 3 && bom.starts_with(&self.rest) {
                return;
            } else {
                self.started = true;
                if !self.is("bom-kept") {
                    while self.rest.starts_with(bom) {
                        self.rest.drain(..3);
                        if !self.is("bom-all") {
                            break;
                        }
                    }
                }
            }
        }
        self.lines_of_rest();
    }

    fn lines_of_rest(&mut self) {
        loop {
            if self.after_cr && !self.rest.is_empty() {
                self.after_cr = false;
                if self.rest[0] == b'\n' && !self.is("crlf-is-two") {
                    self.rest.remove(0);
                }
            }
            let ends = |byte: &u8| match byte {
                b'\n' => !self.is("no-lf"),
                b'\r' => !self.is("no-cr") && !self.is("cr-only-before-lf"),
                0x0b => self.is("vt-ends"),
                0x0c => self.is("ff-ends"),
                0x1c..=0x1e => self.is("fs-ends"),
                0 => self.is("nul-ends"),
                _ => false,
            };
            let mut end = self.rest.iter().position(ends);
            for (twist, sequence) in [
                ("ls-ends", "\u{2028}"),
                ("ps-ends", "\u{2029}"),
                ("nel-ends", "\u{85}"),
            ] {
                if self.is(twist) {
                    let bytes = sequence.as_bytes();
                    let found = self
                        .rest
                        .windows(bytes.len())
                        .position(|part| part == bytes);
                    end = [end, found].into_iter().flatten().min();
                }
            }
            let Some(end) = end else { return };
            let ended_by = self.rest[end];
            let length = match ended_by {
                0xe2 => 3,
                0xc2 => 2,
                _ => 1,
            };
            self.after_cr = ended_by == b'\r' && !self.is("cr-lf-in-chunk");
            let mut line: Vec<u8> = self.rest.drain(..end + length).collect();
            line.truncate(end);
            if self.is("cr-only-before-lf") && line.ends_with(b"\r") {
                line.pop();
            }
            if self.is("cr-lf-in-chunk") && ended_by == b'\r' && self.rest.first() == Some(&b'\n') {
                self.rest.remove(0);
            }
            self.line(&line);
        }
    }

    pub(crate) fn finish(&mut self) {
        if self.is("eof-line") || self.is("eof-flush") {
            let rest = std::mem::take(&mut self.rest);
            if !rest.is_empty() {
                self.line(&rest);
            }
        }
        if self.is("eof-dispatch") || self.is("eof-flush") {
            self.blank();
        }
        if self.is("eof-commits-id") {
            self.committed.clone_from(&self.id);
        }
    }

    fn decode(&mut self, line: &[u8]) -> Option<String> {
        if self.is("latin-1") {
            return Some(line.iter().map(|byte| char::from(*byte)).collect());
        }
        match std::str::from_utf8(line) {
            Ok(text) => Some(text.to_owned()),
            Err(_) if self.is("utf8-strict-drops-line") => None,
            Err(error) if self.is("utf8-cut") => {
                Some(String::from_utf8_lossy(&line[..error.valid_up_to()]).into_owned())
            }
            Err(_) if self.is("utf8-ignore") => {
                Some(String::from_utf8_lossy(line).replace('\u{fffd}', ""))
            }
            Err(_) if self.is("utf8-one-each") => {
                let mut text = String::new();
                for chunk in line.utf8_chunks() {
                    text.push_str(chunk.valid());
                    text.extend(chunk.invalid().iter().map(|_| '\u{fffd}'));
                }
                Some(text)
            }
            Err(_) if self.is("utf8-crash") => {
                self.crashed = true;
                None
            }
            Err(_) => Some(String::from_utf8_lossy(line).into_owned()),
        }
    }

    fn line(&mut self, line: &[u8]) {
        let Some(line) = self.decode(line) else {
            return;
        };
        let line = if self.is("line-trimmed") {
            line.trim().to_owned()
        } else {
            line
        };
        let line = if self.is("bom-each-line") {
            line.strip_prefix('\u{feff}')
                .map(str::to_owned)
                .unwrap_or(line)
        } else {
            line
        };
        let line = if self.is("long-lines-cut") {
            line.chars().take(4096).collect()
        } else {
            line
        };
        if self.is("long-lines-dropped") && line.len() > 4096 {
            return;
        }
        if line.is_empty() {
            return self.blank();
        }
        if let Some(comment) = line.strip_prefix(':') {
            if self.is("comment-ends-block") {
                self.blank();
            }
            if self.is("comment-is-data") {
                self.field("data", comment.trim_start());
            }
            if self.is("comment-resets") {
                self.data.clear();
                self.has_data = false;
            }
            return;
        }
        if self.is("comment-anywhere")
            && let Some((before, _)) = line.split_once(" :")
        {
            return self.split(before);
        }
        self.split(&line);
    }

    fn split(&mut self, line: &str) {
        let parts = match self.twist {
            "last-colon" => line.rsplit_once(':'),
            "colon-space" => line.split_once(": "),
            _ => line.split_once(':'),
        };
        let (name, value) = match parts {
            Some((name, value)) => (name, value),
            None if self.is("no-colon-dropped") => return,
            None if self.is("no-colon-is-data") => ("data", line),
            None => (line, ""),
        };
        let value = match self.twist {
            "space-kept" | "colon-space" => value,
            "all-spaces" => value.trim_start_matches(' '),
            "white-space" => value.trim_start(),
            "tab-too" => value.strip_prefix([' ', '\t']).unwrap_or(value),
            "value-trimmed" => value.trim(),
            "trailing-trimmed" => value.strip_prefix(' ').unwrap_or(value).trim_end(),
            _ => value.strip_prefix(' ').unwrap_or(value),
        };
        let lower = name.to_ascii_lowercase();
        let name = match self.twist {
            "name-case" => lower.as_str(),
            "name-trimmed" => name.trim(),
            "name-prefix" if name.starts_with("data") => "data",
            "name-without-nul" => name.trim_matches('\0'),
            _ => name,
        };
        self.field(name, value);
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "data" => self.data_field(value),
            "event" => self.event_field(value),
            "id" => self.id_field(value),
            "retry" => self.retry_field(value),
            _ if self.is("unknown-resets") => {
                self.data.clear();
                self.has_data = false;
            }
            _ if self.is("unknown-ends-block") => self.blank(),
            _ if self.is("unknown-crashes") => self.crashed = true,
            _ => {}
        }
    }

    fn data_field(&mut self, value: &str) {
        if self.is("data-replaced") {
            self.data.clear();
        }
        if self.is("empty-data-line-lost") && value.is_empty() {
            return;
        }
        let value = if self.is("nul-dropped") {
            value.replace('\0', "")
        } else {
            value.to_owned()
        };
        self.data.push_str(&value);
        if !self.is("data-joined-bare") {
            self.data.push('\n');
        }
        self.has_data = true;
    }

    fn event_field(&mut self, value: &str) {
        match self.twist {
            "event-appended" => self.event_type.push_str(value),
            "event-first" if !self.event_type.is_empty() => {}
            "event-empty-ignored" if value.is_empty() => {}
            "event-lower" => self.event_type = value.to_lowercase(),
            "event-trimmed" => self.event_type = value.trim().to_owned(),
            "event-ascii-only" if !value.is_ascii() => {}
            "event-reserved" if ["open", "error"].contains(&value) => {}
            _ => value.clone_into(&mut self.event_type),
        }
    }

    fn id_field(&mut self, value: &str) {
        let nul = value.contains('\0');
        match self.twist {
            "id-nul-kept" => {}
            "id-nul-cut" if nul => {
                self.id = value.split('\0').next().unwrap_or_default().to_owned();
                return;
            }
            "id-nul-resets" if nul => {
                self.id.clear();
                return;
            }
            "id-nul-first-only" if nul && !value.starts_with('\0') => {}
            "id-empty-ignored" if value.is_empty() => return,
            "id-number-only" if !value.bytes().all(|byte| byte.is_ascii_digit()) => return,
            "id-first" if self.id_in_block => return,
            _ if nul => return,
            _ => {}
        }
        self.id = if self.is("id-trimmed") {
            value.trim().to_owned()
        } else {
            value.to_owned()
        };
        if self.is("id-short") {
            self.id.truncate(255);
        }
        self.id_in_block = true;
        if self.is("id-at-once") {
            self.committed.clone_from(&self.id);
        }
    }

    fn retry_field(&mut self, value: &str) {
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        let lenient = |text: &str| {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u128>().ok()
        };
        let strict = || {
            value
                .parse::<u128>()
                .ok()
                .or_else(|| digits.then_some(u128::MAX))
        };
        let time = match self.twist {
            "retry-trailing-junk" => lenient(value),
            "retry-trimmed" => value.trim().parse().ok(),
            "retry-plus" => value.strip_prefix('+').unwrap_or(value).parse().ok(),
            "retry-negative-zero" if value.starts_with('-') => Some(0),
            "retry-float" => value
                .parse::<f64>()
                .ok()
                .filter(|time| *time >= 0.0)
                .map(|time| time as u128),
            "retry-hex" if value.starts_with("0x") => u128::from_str_radix(&value[2..], 16).ok(),
            "retry-octal" if digits && value.starts_with('0') => {
                u128::from_str_radix(value, 8).ok().or(Some(0))
            }
            "retry-unicode" => {
                let digits: Option<String> = value
                    .chars()
                    .map(|c| match c {
                        '\u{660}'..='\u{669}' => char::from_digit(u32::from(c) - 0x660, 10),
                        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
                        '0'..='9' => Some(c),
                        _ => None,
                    })
                    .collect();
                digits.and_then(|digits| digits.parse().ok())
            }
            "retry-seconds" => strict()
                .filter(|_| digits)
                .map(|time| time.saturating_mul(1000)),
            "retry-i32" => strict().filter(|_| digits).map(|time| time & 0x7fff_ffff),
            "retry-u32" => strict().filter(|_| digits).map(|time| time & 0xffff_ffff),
            "retry-huge-ignored" => strict().filter(|time| digits && *time <= 0xffff_ffff),
            "retry-huge-clamped" => strict()
                .filter(|_| digits)
                .map(|time| time.min(0x7fff_ffff)),
            "retry-zero-ignored" if digits && strict() == Some(0) => None,
            "retry-clamped" => strict().filter(|_| digits).map(|time| time.max(500)),
            _ if digits => strict(),
            "retry-bad-resets" if !value.is_empty() => {
                self.time = None;
                None
            }
            _ => None,
        };
        if self.is("retry-empty-resets") && value.is_empty() {
            self.time = Some(3000);
        }
        if self.is("retry-empty-crashes") && value.is_empty() {
            self.crashed = true;
        }
        if self.is("retry-at-blank") {
            self.retry = time.or(self.retry);
        } else if time.is_some() && !(self.is("retry-first") && self.time.is_some()) {
            self.time = time;
        }
    }

    fn blank(&mut self) {
        if self.is("retry-at-blank") {
            self.time = self.retry.take().or(self.time);
        }
        let empty = match self.twist {
            "empty-string-lost" => self.data.trim_end_matches('\n').is_empty(),
            "event-alone-fires" => !self.has_data && self.event_type.is_empty(),
            "id-alone-fires" => !self.has_data && !self.id_in_block,
            _ => !self.has_data,
        };
        let commits = match self.twist {
            "id-commit-needs-data" => !empty,
            _ => true,
        };
        if commits {
            self.committed.clone_from(&self.id);
        }
        let own_id = self.id_in_block;
        self.id_in_block = false;
        if self.is("id-cleared") {
            self.id.clear();
        }
        if empty {
            if !self.is("type-leaks-on-empty") {
                self.event_type.clear();
            }
            return;
        }
        let mut data = self.data.clone();
        match self.twist {
            "strip-all-lfs" => data.truncate(data.trim_end_matches('\n').len()),
            "strip-none" | "data-joined-bare" => {}
            _ => {
                data.pop();
            }
        }
        let event_type = match (self.twist, self.event_type.as_str()) {
            ("type-empty-stays", "") => String::new(),
            ("type-always-message", _) | (_, "") => "message".to_owned(),
            (_, event_type) => event_type.to_owned(),
        };
        let id = match self.twist {
            "id-only-own" if !own_id => String::new(),
            "id-absent-unless-own" if !own_id => {
                self.push(event_type, data, None);
                return;
            }
            _ => self.committed.clone(),
        };
        self.push(event_type, data, Some(id));
    }

    fn push(&mut self, event_type: String, data: String, id: Option<String>) {
        let event = Event {
            event_type,
            data,
            id,
        };
        if self.is("newest-first") {
            self.events.insert(0, event);
        } else if !(self.is("duplicates-dropped")
            && self
                .events
                .last()
                .is_some_and(|last| last.data == event.data))
        {
            self.events.push(event);
        }
        if !self.is("data-leaks") {
            self.data.clear();
            self.has_data = false;
        }
        if !self.is("type-leaks") {
            self.event_type.clear();
        }
    }
}
