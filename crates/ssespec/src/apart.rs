//! Rows of a report that are no requirement of a standard, and their pages.

/// Generated streams.
pub(crate) const RANDOM: &str = "random/stream";
/// How a driver behaves, apart from what it reports.
pub(crate) const DRIVER: &str = "target/driver";
/// Whether a target can be installed.
pub(crate) const SETUP: &str = "target/setup";
/// Whether a target starts and answers.
pub(crate) const START: &str = "target/start";

const PAGES: &[(&str, &str)] = &[
    (RANDOM, include_str!("apart/random_stream.md")),
    (DRIVER, include_str!("apart/target_driver.md")),
    (SETUP, include_str!("apart/target_setup.md")),
    (START, include_str!("apart/target_start.md")),
];

/// The ids of all of them.
pub fn ids() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(id, _)| *id)
}

/// The page of the row `id`, in Markdown.
pub fn page(id: &str) -> Option<String> {
    let (_, page) = PAGES.iter().find(|(known, _)| *known == id)?;
    Some(format!("# {id}\n\n{page}"))
}
