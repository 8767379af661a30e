//! From a line to a field, and what the field does.

use super::Parser;

impl Parser {
    pub(super) fn split(&mut self, line: &str) {
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

    pub(super) fn field(&mut self, name: &str, value: &str) {
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
        if self.is("data-once") && self.data.split('\n').any(|line| line == value) {
            return;
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
            "event-open" if value == "open" => {}
            "event-error" if value == "error" => {}
            "event-prototype" if ["toString", "constructor", "__proto__"].contains(&value) => {}
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
            "id-falsy" if value == "0" => return,
            _ if nul => return,
            _ => {}
        }
        let number = || value.parse::<u64>().map(|number| number.to_string());
        self.id = match self.twist {
            "id-trimmed" => value.trim().to_owned(),
            "id-as-number" => number().unwrap_or_else(|_| value.to_owned()),
            _ => value.to_owned(),
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
            "retry-with-unit" => value.strip_suffix("ms").unwrap_or(value).parse().ok(),
            "retry-twenty-characters" if value.len() > 20 => None,
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
}
