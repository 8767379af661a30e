//! The options `--profile` and `--schema`: what a stream is held to besides the standard.

use std::path::Path;

use super::Stop;
use crate::judge::Selection;
use crate::profile;
use crate::settings::Settings;

/// What a stream is held to besides the standard.
#[derive(Debug, clap::Args)]
pub(crate) struct ProfileArgs {
    /// Hold the stream to a protocol on top of the standard; `ssespec list --profiles` shows all
    #[arg(long = "profile", value_name = "NAME", help_heading = "Checks")]
    profiles: Vec<String>,
    /// Hold the data of all events of a type to a JSON Schema
    #[arg(long = "schema", value_name = "TYPE=FILE", help_heading = "Checks")]
    schemas: Vec<String>,
}

impl ProfileArgs {
    /// Puts the profiles into `settings`, and the request of the first that has one, if `request_is_given` does not say that there is one.
    pub(super) fn apply(
        &self,
        settings: &mut Settings,
        selection: &Selection,
        request_is_given: bool,
    ) -> Result<(), Stop> {
        for name in &self.profiles {
            let profile = profile::named(name).map_err(Stop::usage)?;
            settings.profiles.push(profile.clone());
        }
        if !request_is_given {
            settings.take_request_of_profiles().map_err(Stop::usage)?;
        }
        if !self.schemas.is_empty() {
            let schemas = self.schemas.iter().map(|schema| read(schema));
            let schemas = schemas.collect::<Result<_, _>>()?;
            let schemas = profile::of_schemas(schemas)
                .map_err(|why| Stop::usage(format!("--schema: {why}")))?;
            settings.profiles.push(schemas);
        }
        for profile in &mut settings.profiles {
            profile.rules.retain(|rule| selection.includes(&rule.id));
        }
        Ok(())
    }
}

fn read(option: &str) -> Result<(String, serde_json::Value), Stop> {
    let Some((event_type, path)) = option.split_once('=') else {
        return Err(Stop::usage(format!(
            "--schema: {option:?}: write TYPE=FILE, such as message=event.schema.json"
        )));
    };
    let text = std::fs::read_to_string(Path::new(path))
        .map_err(|error| Stop::usage(format!("--schema: {path}: {error}")))?;
    let schema = serde_json::from_str(&text)
        .map_err(|error| Stop::usage(format!("--schema: {path} is not JSON: {error}")))?;
    Ok((event_type.to_owned(), schema))
}
