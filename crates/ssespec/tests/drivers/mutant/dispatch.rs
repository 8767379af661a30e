//! What a blank line does.

use super::{Event, Parser};

impl Parser {
    pub(super) fn blank(&mut self) {
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
