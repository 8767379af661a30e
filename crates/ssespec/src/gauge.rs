//! A number that a server shows somewhere: how many connections, or subscribers, it has.

use serde_json::Value;
use url::Url;

/// Where the number is shown, and which one it is.
#[derive(Clone, Debug)]
pub struct Gauge {
    /// The address, without its fragment.
    pub url: Url,
    /// The fragment: the name of a metric, or the path of a member of JSON, joined by dots. Without one there is one number only.
    pub name: Option<String>,
}

impl Gauge {
    /// The gauge at `url`, whose fragment is the name.
    pub fn at(mut url: Url) -> Self {
        let name = url.fragment().filter(|name| !name.is_empty());
        let name = name.map(str::to_owned);
        url.set_fragment(None);
        Self { url, name }
    }

    /// The number in `text`: a plain one, one in JSON, or one in lines as Prometheus reads them.
    ///
    /// # Errors
    ///
    /// Why there is no such number, or not one alone.
    pub fn read(&self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        let found = match serde_json::from_str::<Value>(text) {
            Ok(json) => self.in_json(&json),
            Err(_) => self.in_lines(text),
        };
        match (&found[..], &self.name) {
            ([number], _) => Ok(*number),
            ([], None) => Err("there is no number in it".to_owned()),
            ([], Some(name)) => Err(format!("there is no number called {name:?} in it")),
            // The samples of one metric, apart by their labels.
            (samples, Some(_)) => Ok(samples.iter().sum()),
            (numbers, None) => Err(format!(
                "there are {} numbers in it: write the name of one behind the URL, as in #connections",
                numbers.len()
            )),
        }
    }

    fn in_json(&self, json: &Value) -> Vec<f64> {
        match &self.name {
            None => numbers(json),
            Some(name) => {
                let member = name.split('.').try_fold(json, |json, key| json.get(key));
                member.and_then(Value::as_f64).into_iter().collect()
            }
        }
    }

    /// `name value`, `name{labels} value`, either with a time behind it.
    fn in_lines(&self, text: &str) -> Vec<f64> {
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .filter_map(|line| {
                let end = line.find(['{', ' ', '\t'])?;
                let (name, rest) = line.split_at(end);
                let rest = rest.rsplit_once('}').map_or(rest, |(_, rest)| rest);
                let value = rest.split_whitespace().next()?.parse().ok()?;
                let wanted = self.name.as_ref().is_none_or(|wanted| wanted == name);
                wanted.then_some(value)
            })
            .collect()
    }
}

/// All numbers in `json`, wherever they are.
fn numbers(json: &Value) -> Vec<f64> {
    match json {
        Value::Number(number) => number.as_f64().into_iter().collect(),
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        Value::Object(members) => members.values().flat_map(numbers).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fragment: &str, text: &str) -> Result<f64, String> {
        let url = format!("http://127.0.0.1/metrics{fragment}");
        Gauge::at(url.parse().expect("a URL")).read(text)
    }

    #[test]
    fn a_number_is_read_in_three_forms() {
        let lines = "# TYPE sse_readers gauge\nsse_readers{topic=\"a b}\"} 2 1700000000\nsse_readers{topic=\"b\"} 1\nup 1\n";
        assert_eq!(read("", " 3\n"), Ok(3.0));
        assert_eq!(read("", "{\"connections\": 4, \"name\": \"5\"}"), Ok(4.0));
        assert_eq!(
            read("#sse.open", "{\"up\": 1, \"sse\": {\"open\": 5}}"),
            Ok(5.0)
        );
        assert_eq!(read("#up", lines), Ok(1.0));
        assert_eq!(read("#sse_readers", lines), Ok(3.0));
        assert_eq!(read("", "open_streams 6"), Ok(6.0));
    }

    #[test]
    fn what_is_no_number_is_told() {
        assert!(read("", "<p>3</p>").unwrap_err().contains("no number"));
        assert!(read("#x", "{\"y\": 1}").unwrap_err().contains("\"x\""));
        assert!(read("", "a 1\nb 2").unwrap_err().contains("2 numbers"));
    }
}
