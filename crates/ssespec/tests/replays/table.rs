//! What only an endpoint can get wrong, and what is unusual and right of one.

use crate::wrong_encoder::Row;

/// Broken in one way.
pub(crate) const MUTANTS: &[Row] = &[
    Row::new(
        "panics",
        "the connection breaks at a hostile step",
        &["lint/silent-change"],
        &["panics"],
    ),
    Row::new(
        "doubles",
        "some events come twice",
        &["lint/round-trip"],
        &["doubles events"],
    ),
    Row::new(
        "refuses-ids-422",
        "a script with an id is refused",
        &["lint/round-trip"],
        &["refuses ids", "422"],
    ),
    Row::new(
        "text-plain",
        "the type is text/plain",
        &["resp/content-type"],
        &["text/plain"],
    ),
    Row::new(
        "status-500",
        "the status is 500",
        &["resp/ok"],
        &["status 500"],
    ),
    Row::new(
        "keep-alive-in-block",
        "a keep-alive is written into an event",
        &["lint/comment-in-block", "lint/round-trip"],
        &["keep-alive in a block"],
    ),
    Row::new(
        "counts-from-1",
        "a refusal counts steps from 1",
        &["replay/steps"],
        &["counts from 1"],
    ),
    Row::new(
        "no-get",
        "a GET is answered with 405",
        &["replay/get"],
        &["no GET"],
    ),
    Row::new(
        "get-loses",
        "a GET plays all but the last step",
        &["replay/get"],
        &["GET loses the last step"],
    ),
    Row::new(
        "never-ends",
        "the response stays open",
        &["replay/end"],
        &["never ends"],
    ),
    Row::new(
        "no-last-chunk",
        "the connection is closed without the last chunk",
        &["replay/end"],
        &["no last chunk"],
    ),
    Row::new(
        "holds-back",
        "nothing is sent before the end",
        &["srv/chunking"],
        &["holds everything back"],
    ),
    Row::new(
        "ignores-last-event-id",
        "the script begins again, whatever the Last-Event-ID",
        &["srv/resume-exact"],
        &["ignores Last-Event-ID"],
    ),
    Row::new(
        "resumes-at",
        "the event with the id comes again",
        &["srv/resume-exact"],
        &["resumes at the id"],
    ),
    Row::new(
        "resumes-beyond",
        "the event behind the id is left out",
        &["srv/resume-exact"],
        &["resumes one too far"],
    ),
    Row::new(
        "first-of-two",
        "of two steps with the id the first counts",
        &["srv/resume-exact"],
        &["first of two ids"],
    ),
    Row::new(
        "nothing-on-unknown",
        "an unknown id gives nothing",
        &["srv/resume-exact"],
        &["nothing on an unknown id"],
    ),
    Row::new(
        "missing-is-empty",
        "a missing Last-Event-ID is taken for an empty one",
        &["replay/steps"],
        &["missing is empty"],
    ),
];

/// Unusual and right.
pub(crate) const CONFORMING: &[Row] = &[
    Row::new("422", "refuses a whole script with 422", &[], &["422"]),
    Row::new(
        "cautious-422",
        "refuses control characters everywhere with 422",
        &[],
        &["cautious", "422"],
    ),
    Row::new(
        "byte-by-byte",
        "sends each byte on its own",
        &[],
        &["byte by byte"],
    ),
    Row::new(
        "keep-alives",
        "sends comments while it waits",
        &[],
        &["keep-alives"],
    ),
];
