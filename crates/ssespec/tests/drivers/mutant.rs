//! A parser with defects that can be switched on: one for each way to misread the standard that somebody has taken, or might.
//!
//! Plain and slow, like the transcription of the standard in the tests of the parser, so that one line of it can be wrong at a time.

mod dispatch;
mod fields;

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
}
