//! The publish call of a hub: a template, and the request that it becomes for one event.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde::Deserialize;
use sse_fixtures::ScriptStep;
use url::Url;

use super::template::{NAMES, Values, json};

/// How to publish: a request with placeholders.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The method.
    #[serde(default = "post")]
    pub method: String,
    /// Where.
    pub url: String,
    /// Headers; one whose value is missing is left out.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The content: text, JSON, or lines of an event stream.
    #[serde(default)]
    pub body: Option<String>,
    /// The content as fields of a form.
    #[serde(default)]
    pub form: Option<BTreeMap<String, String>>,
}

/// A request that publishes one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Headers.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The content.
    pub body: Vec<u8>,
}

fn post() -> String {
    "POST".to_owned()
}

impl Publish {
    /// Whether what the template says can be sent.
    ///
    /// # Errors
    ///
    /// What is wrong, and what to write instead.
    pub fn validate(&self) -> Result<(), String> {
        if self.body.is_some() && self.form.is_some() {
            return Err("publish has a body and a form: write one of them".to_owned());
        }
        if !self.has("data") {
            return Err("publish has no {data}: write it where the text of an event goes, such as body = \"{data}\"".to_owned());
        }
        let plain = ScriptStep::Event {
            event: None,
            id: None,
            retry: None,
            data: Some("plain".to_owned()),
        };
        let call = self.call("topic", &plain);
        call.map(drop).map_err(|why| format!("publish: {why}"))
    }

    /// Whether there is a place for `name`.
    pub fn has(&self, name: &str) -> bool {
        let place = format!("{{{name}}}");
        let form = self.form.iter().flatten().map(|(_, value)| value);
        let mut texts = self.headers.values().chain(&self.body).chain(form);
        self.url.contains(&place) || texts.any(|text| text.contains(&place))
    }

    /// The request that publishes `step` to `topic`.
    ///
    /// # Errors
    ///
    /// Why this call cannot express the step.
    pub fn call(&self, topic: &str, step: &ScriptStep) -> Result<Call, String> {
        let ScriptStep::Event {
            event,
            id,
            retry,
            data: Some(data),
        } = step
        else {
            return Err("only events with data are published".to_owned());
        };
        let retry = retry.map(|retry| retry.to_string());
        let values = Values([
            Some(topic),
            event.as_deref(),
            Some(data),
            id.as_deref(),
            retry.as_deref(),
        ]);
        for (name, value) in NAMES.iter().zip(values.0).skip(1) {
            if value.is_some() && !self.has(name) {
                return Err(format!("the publish call has no place for {name}"));
            }
        }
        let (body, content_type) = self.content(&values)?;
        let mut headers = self.filled_headers(&values)?;
        if !headers.iter().any(|(name, _)| *name == CONTENT_TYPE)
            && let Some(content_type) = content_type
        {
            headers.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        }
        Ok(Call {
            method: Method::from_bytes(self.method.as_bytes())
                .map_err(|_| format!("{:?} is not a method", self.method))?,
            url: self.filled_url(&values)?,
            headers,
            body,
        })
    }

    fn filled_url(&self, values: &Values<'_>) -> Result<Url, String> {
        let empty = Values(values.0.map(|value| value.or(Some(""))));
        let coded = |value: &str| {
            url::form_urlencoded::byte_serialize(value.as_bytes())
                .collect::<String>()
                .replace('+', "%20")
        };
        let url = empty.fill(&self.url, coded).unwrap_or_default();
        let parsed: Result<Url, _> = url.parse();
        parsed.map_err(|error| format!("url = {url:?}: {error}; write http://host:port/path"))
    }

    fn filled_headers(
        &self,
        values: &Values<'_>,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let mut headers = Vec::new();
        for (name, template) in &self.headers {
            let Some(value) = values.fill(template, str::to_owned) else {
                continue;
            };
            let header = HeaderName::try_from(name)
                .map_err(|_| format!("{name:?} is not the name of a header"))?;
            let bytes = HeaderValue::from_bytes(value.as_bytes()).ok();
            // A recipient takes the white space around a value away.
            let carried = bytes.filter(|_| value.trim_matches([' ', '\t']) == value);
            let carried =
                carried.ok_or_else(|| format!("the header {name} cannot carry this text"))?;
            headers.push((header, carried));
        }
        Ok(headers)
    }

    fn content(&self, values: &Values<'_>) -> Result<(Vec<u8>, Option<&'static str>), String> {
        if let Some(form) = &self.form {
            let mut coded = url::form_urlencoded::Serializer::new(String::new());
            for (name, template) in form {
                if let Some(value) = values.fill_content(template)? {
                    coded.append_pair(name, &value);
                }
            }
            let content_type = "application/x-www-form-urlencoded";
            return Ok((coded.finish().into_bytes(), Some(content_type)));
        }
        let Some(template) = &self.body else {
            return Ok((Vec::new(), None));
        };
        if let Some(json) = json(template) {
            let filled = values.fill_json(&json)?.unwrap_or_default();
            return Ok((filled.to_string().into_bytes(), Some("application/json")));
        }
        let says_json = self.headers.iter().any(|(name, value)| {
            name.eq_ignore_ascii_case("content-type") && value.contains("json")
        });
        if says_json && template.trim() != "{data}" {
            return Err("body is not JSON, though its Content-Type says so".to_owned());
        }
        let filled = match values.fill_content(template)? {
            Some(filled) => filled,
            // Text around a value that is missing.
            None => Values(values.0.map(|value| value.or(Some(""))))
                .fill(template, str::to_owned)
                .unwrap_or_default(),
        };
        Ok((filled.into_bytes(), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(text: &str) -> Publish {
        toml::from_str(text).expect("a description")
    }

    fn step(json: &str) -> ScriptStep {
        serde_json::from_str(json).expect("a step")
    }

    #[test]
    fn a_call_holds_what_the_event_has() {
        let nchan = publish(
            "url = \"http://h/pub/{topic}\"\nheaders = { \"X-EventSource-Event\" = \"{event}\" }\nbody = \"{data}\"",
        );
        let call = nchan.call("a b", &step(r#"{"event": "é", "data": "x\r\ny\u0000"}"#));
        let call = call.expect("it can be sent");
        assert_eq!(call.url.as_str(), "http://h/pub/a%20b");
        assert_eq!(call.body, b"x\r\ny\0");
        assert_eq!(call.headers[0].1.as_bytes(), "é".as_bytes());
        let plain = nchan.call("t", &step(r#"{"data": "x"}"#)).expect("it can");
        assert!(plain.headers.is_empty());
        for (hostile, why) in [
            (r#"{"event": "a\nb", "data": "x"}"#, "cannot carry"),
            (r#"{"event": " a", "data": "x"}"#, "cannot carry"),
            (r#"{"id": "1", "data": "x"}"#, "no place for id"),
            (r#"{"id": "1"}"#, "only events with data"),
        ] {
            let refused = nchan.call("t", &step(hostile)).expect_err("it cannot");
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn a_form_and_json_are_coded() {
        let form = publish(
            "url = \"http://h/\"\nform = { topic = \"{topic}\", data = \"{data}\", id = \"{id}\" }",
        );
        let call = form
            .call("t", &step(r#"{"data": "a&b\n"}"#))
            .expect("it can");
        assert_eq!(call.body, b"data=a%26b%0A&topic=t");
        let json = publish("url = \"http://h/\"\nbody = '{\"d\": \"{data}\", \"id\": \"{id}\"}'");
        let call = json.call("t", &step(r#"{"data": "\""}"#)).expect("it can");
        assert_eq!(call.body, br#"{"d":"\""}"#);
        assert_eq!(call.headers[0].1, "application/json");
    }

    #[test]
    fn a_wrong_template_is_said_so() {
        for (text, why) in [
            ("url = \"http://h/\"\nbody = \"x\"", "no {data}"),
            ("url = \"h\"\nbody = \"{data}\"", "write http://"),
            (
                "url = \"http://h/\"\nbody = \"{data}\"\nform = { d = \"{data}\" }",
                "a body and a form",
            ),
            (
                "url = \"http://h/\"\nmethod = \"P T\"\nbody = \"{data}\"",
                "not a method",
            ),
        ] {
            let told = publish(text).validate().expect_err("it is wrong");
            assert!(told.contains(why), "{told}");
        }
    }
}
