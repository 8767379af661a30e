//! JSON Schemas for the data of events.

use serde_json::Value;

use crate::escape::printable;

/// A schema that was understood.
pub(super) struct Shape(jsonschema::Validator);

impl Shape {
    /// Understands `schema`. References to other documents are not followed: nothing is fetched.
    ///
    /// # Errors
    ///
    /// Why it is no schema.
    pub(super) fn of(schema: &Value) -> Result<Self, String> {
        jsonschema::validator_for(schema)
            .map(Self)
            .map_err(|error| format!("the schema cannot be used: {error}"))
    }

    /// The first fault of `json`, and where it is.
    pub(super) fn fault(&self, json: &Value) -> Option<String> {
        let error = self.0.iter_errors(json).next()?;
        let place = error.instance_path().to_string();
        let place = if place.is_empty() {
            "the data".to_owned()
        } else {
            place
        };
        Some(printable(&format!("{place}: {}", error.masked())))
    }
}
