//! Which hubs are broken how, and which checks flag them; and those that are unusual and right.

use ssespec::check::Probe::{Hub, HubRestart, HubSlow, HubTexts};

use crate::Row;

const PROMISES: &str =
    "ids = \"server\"\nreplay = \"since-id\"\ncapabilities = [\"event\", \"retry\"]";
const PUBLISHER: &str =
    "ids = \"publisher\"\nreplay = \"since-id\"\ncapabilities = [\"event\", \"retry\"]";
const ALL: &str = "ids = \"server\"\nreplay = \"all\"\ncapabilities = [\"event\", \"retry\"]";
const NOTHING: &str = "";

pub(crate) const CONTROLS: &[Row] = &[
    Row::new(
        "control",
        "nothing",
        &[],
        &["keep-alives"],
        "ids = \"server\"\nreplay = \"since-id\"\ncapabilities = [\"event\", \"retry\", \"keep-alive\"]",
    ),
    Row::new(
        "control-publisher",
        "whoever publishes gives the ids",
        &[],
        &["ids of the publisher", "durable"],
        "ids = \"publisher\"\nreplay = \"since-id\"\ncapabilities = [\"event\", \"retry\", \"restart\"]",
    ),
];

pub(crate) const MUTANTS: &[Row] = &[
    Row::new(
        "raw-data",
        "data is one line, whatever is in it",
        &["lint/injection", "lint/trailing-newline"],
        &["raw data"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "raw-event",
        "the type is not looked at",
        &["lint/injection", "lint/silent-change"],
        &["raw event"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "raw-id",
        "the id is not looked at",
        &["lint/injection", "lint/silent-change"],
        &["ids of the publisher", "raw id"],
        PUBLISHER,
    )
    .through(&[HubTexts]),
    Row::new(
        "nul-in-id",
        "an id with NUL is written",
        &["lint/id-nul"],
        &["ids of the publisher", "raw NUL"],
        PUBLISHER,
    )
    .through(&[HubTexts]),
    Row::new(
        "lf-only",
        "data is split at LF, and CR goes through",
        &["lint/injection", "lint/trailing-newline"],
        &["splits at LF only"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "cuts-out",
        "line ends are cut out of types in silence",
        &["lint/silent-change"],
        &["cuts line ends out"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "drops-hostile",
        "an event with a hostile type is taken, and dropped",
        &["lint/silent-change"],
        &["drops hostile events"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "breaks",
        "a hostile type is answered with 500",
        &["lint/silent-change"],
        &["panics"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "drops-trailing-newline",
        "line ends at the end of data are lost",
        &["lint/trailing-newline"],
        &["drops trailing newline"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "no-space",
        "no space is written behind the colon",
        &["lint/leading-space"],
        &["no space"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "no-empty-data",
        "empty data is not written",
        &["lint/empty-data"],
        &["no empty data"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "twice-utf8",
        "data is encoded in UTF-8 twice",
        &["lint/round-trip"],
        &["encodes UTF-8 twice"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "refuses-lines",
        "data of several lines is refused",
        &["lint/round-trip"],
        &["refuses lines"],
        PROMISES,
    )
    .through(&[HubTexts]),
    Row::new(
        "no-types",
        "types are lost",
        &[
            "hub/capabilities",
            "lint/leading-space",
            "lint/round-trip",
            "lint/silent-change",
        ],
        &["no types"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "no-retry",
        "reconnection times are lost",
        &["hub/capabilities", "lint/round-trip"],
        &["no retry"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "loses-some",
        "one event in seven is lost",
        &["hub/deliver", "hub/replay"],
        &["loses some"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "doubles",
        "some events come twice",
        &["hub/deliver"],
        &["doubles"],
        "ids = \"server\"",
    )
    .through(&[Hub]),
    Row::new(
        "one-behind",
        "an event waits for the next one",
        &["hub/deliver", "hub/replay"],
        &["one behind"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "answers-500",
        "what is published is answered with 500",
        &["hub/deliver"],
        &["answers 500"],
        "ids = \"server\"",
    )
    .through(&[Hub]),
    Row::new(
        "leaks",
        "events come to the subscribers of all topics",
        &["hub/topics"],
        &["leaks"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "id-per-connection",
        "ids are counted for each subscriber",
        &["hub/fan-out"],
        &["no ids", "an id for each connection"],
        NOTHING,
    )
    .through(&[Hub]),
    Row::new(
        "one-id",
        "all events have the same id",
        &["hub/ids"],
        &["one id for all"],
        "ids = \"server\"",
    )
    .through(&[Hub]),
    Row::new(
        "no-ids",
        "events have no id",
        &["hub/ids", "hub/replay"],
        &["no ids"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "changes-ids",
        "published ids are changed",
        &["hub/ids"],
        &["ids of the publisher", "changes ids"],
        PUBLISHER,
    )
    .through(&[Hub]),
    Row::new(
        "drops-ids",
        "published ids are lost",
        &["hub/ids"],
        &["ids of the publisher", "drops ids"],
        "ids = \"publisher\"",
    )
    .through(&[Hub]),
    Row::new(
        "no-replay",
        "what was missed is lost",
        &["hub/replay"],
        &["no replay"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "from-the-start",
        "everything comes again",
        &["hub/replay"],
        &["replays from the start"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "the-last-again",
        "the event with the id comes again",
        &["hub/replay"],
        &["replays the one with the id too"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "one-too-few",
        "the first event behind the id is lost",
        &["hub/replay"],
        &["loses the first that was missed"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "backwards",
        "what was missed comes backwards",
        &["hub/replay"],
        &["replays backwards"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "gap",
        "the first new event behind what was missed is lost",
        &["hub/replay"],
        &["gap before what is new"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "new-before-old",
        "what was missed comes behind something new",
        &["hub/replay"],
        &["new before old"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "once-only",
        "an id that came once counts as received",
        &["hub/replay"],
        &["replays an id once"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "last-three",
        "a new subscriber gets three events of all",
        &["hub/replay"],
        &["replays the last three"],
        ALL,
    )
    .through(&[Hub]),
    Row::new(
        "unknown-400",
        "an id that is not known is answered with 400",
        &["srv/last-event-id-read"],
        &["refuses what it does not know"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "unknown-mute",
        "whoever comes with an id that is not known gets nothing any more",
        &["srv/last-event-id-read"],
        &["silent on what it does not know"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "waits-for-the-slow",
        "a subscriber that does not read stops all others",
        &["hub/slow-reader"],
        &["waits for the slow"],
        PROMISES,
    )
    .through(&[HubSlow]),
    Row::new(
        "ids-begin-again",
        "ids begin again after a restart",
        &["hub/restart"],
        &["ids begin again"],
        PROMISES,
    )
    .through(&[HubRestart]),
    Row::new(
        "restart-400",
        "ids from before a restart are answered with 400",
        &["hub/restart"],
        &["refuses what it does not know"],
        PROMISES,
    )
    .through(&[HubRestart]),
    Row::new(
        "restart-mute",
        "whoever comes back after a restart gets nothing",
        &["hub/restart"],
        &["silent on what it does not know"],
        PROMISES,
    )
    .through(&[HubRestart]),
    Row::new(
        "restart-loses",
        "a restart loses what it promised to keep",
        &["hub/restart"],
        &[],
        "replay = \"since-id\"\ncapabilities = [\"restart\"]",
    )
    .through(&[HubRestart]),
];

pub(crate) const CONFORMING: &[Row] = &[
    Row::new(
        "opaque-ids",
        "ids are long and in no order",
        &[],
        &["opaque ids"],
        PROMISES,
    ),
    Row::new(
        "no-promises",
        "promises nothing, and keeps nothing",
        &[],
        &["no ids", "no replay"],
        NOTHING,
    ),
    Row::new(
        "none-as-promised",
        "has no ids, as it says",
        &[],
        &["no ids"],
        "ids = \"none\"\nreplay = \"none\"\ncapabilities = [\"event\"]",
    ),
    Row::new("modest", "does more than it promises", &[], &[], NOTHING).through(&[Hub]),
    Row::new(
        "201",
        "publishing is answered with 201",
        &[],
        &["answers 201"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "202",
        "publishing is answered with 202, and events come later",
        &[],
        &["answers 202", "late delivery"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "204",
        "publishing is answered with 204",
        &[],
        &["answers 204"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "slow-publish",
        "publishing takes its time",
        &[],
        &["slow publish"],
        PROMISES,
    )
    .through(&[Hub]),
    Row::new(
        "keep-alives",
        "sends a comment every 25 ms",
        &[],
        &["keep-alives"],
        PROMISES,
    ),
    Row::new(
        "pings",
        "sends an event of its own every 25 ms",
        &[],
        &["pings"],
        PROMISES,
    ),
    Row::new(
        "ticks",
        "sends data of its own, another one each time",
        &[],
        &["ticks"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "hello",
        "greets with an event and a retry",
        &[],
        &["hello"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "replays-all",
        "everything comes to a new subscriber, as it says",
        &[],
        &["replays everything"],
        ALL,
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "no-place-for-types",
        "has no place for a type and a retry",
        &[],
        &["no place for a type", "no place for a retry"],
        "ids = \"server\"\nreplay = \"since-id\"",
    )
    .through(&[Hub, HubTexts]),
    Row::new(
        "envelope",
        "puts data into JSON of its own",
        &[],
        &["envelope"],
        PROMISES,
    )
    .through(&[Hub, HubTexts]),
    Row::new("crlf", "ends lines in CRLF", &[], &["CRLF"], PROMISES).through(&[Hub, HubTexts]),
    Row::new(
        "durable",
        "goes on after a restart where it was",
        &[],
        &["durable"],
        "replay = \"since-id\"\ncapabilities = [\"restart\"]",
    )
    .through(&[HubRestart]),
    Row::new(
        "forgets",
        "a restart loses what was published, and ids are others",
        &[],
        &[],
        PROMISES,
    )
    .through(&[HubRestart]),
];
