//! A content coding is used only if it was offered, and lets each event through at once.
//!
//! The stream is asked for with no coding offered, with gzip, with br and with zstd, side by side; and where one of them is used, with all of them
//! refused, which no browser does and is only told. Where an event is missing in a coded stream that goes on, both are read once more, for longer.
//!
//! An event that is there without the coding and half a second later not with it was held back, or kept until the next one; and so were events that
//! come one by one without it and several at once with it. A body that is not in the coding that it names, in one that was not offered, or whose
//! coded data break off although the response ends in order, is a finding as well. Only what happens while the stream is watched can show it. That a
//! coding depends on what was offered, and no `Vary` says so to caches, is told in a note. A word that names no coding, such as `identity`, `utf-8`
//! or `chunked`, is a finding too; `none`, which tells proxies to leave the stream alone, is only told.
//!
//! ## Why it matters
//!
//! A client that offers no coding gets bytes that it cannot read. And compressing a stream holds events back until a block is full, or until
//! the stream ends, unless every event is flushed through the compressor: `curl` sees it flow, the browser, which offers gzip, sees nothing.
//!
//! ## How to fix
//!
//! Leave `text/event-stream` out of what is compressed, in the application and in the proxy (`Cache-Control: no-transform`), or flush after each
//! event (`res.flush()`); end the coded data when the stream ends; and look at `Accept-Encoding` first. Where nothing is coded, send no
//! `Content-Encoding`: `identity` is a word of `Accept-Encoding`, and the character encoding goes into `Content-Type`.

use crate::check::{Check, Judgement, NotObserved, Probe, Role, Verdict};
use crate::coding::{self, KNOWN};
use crate::held_back::{held_back, is_same};
use crate::observation::{Answer, Body, End, Failure, Observation, Response};
use crate::probe::{self, AGAIN, PLAIN, REFUSED, REFUSING};
use crate::transcript::Transcript;

pub(crate) const CHECK: Check = Check {
    requirement: "http/content-encoding",
    roles: &[Role::Server],
    probe: Probe::Coding,
    judge: content_encoding,
};

/// Where the stream is asked for once only, that it is coded can still be seen.
pub(crate) const OF_THE_STREAM: Check = Check {
    requirement: "http/content-encoding",
    roles: &[Role::Server],
    probe: Probe::Connect,
    judge: of_the_stream,
};

fn content_encoding(seen: &Observation) -> Judgement {
    let plain = seen.response(PLAIN)?;
    if !plain.is_event_stream() {
        return NotObserved::because("the response is not an event stream");
    }
    if let Some(unasked) = unasked(plain) {
        return Ok(unasked);
    }
    for offered in KNOWN {
        if let Some(unanswered) = unanswered(seen, offered, plain) {
            return Ok(unanswered);
        }
        // A server may answer differently where it cannot code: other checks speak of that.
        let coded = seen.response(offered).ok();
        let Some(coded) = coded.filter(|coded| coded.is_event_stream()) else {
            continue;
        };
        let whole = |coding| seen.response(&probe::whole_of(coding)).ok();
        let fault = fault(offered, coded, plain);
        let fault = fault.or_else(|| fault_for_longer(offered, whole(offered)?, whole(PLAIN)));
        if let Some(fault) = fault {
            return Ok(Verdict::fail(
                format!("with Accept-Encoding: {offered}, {fault}"),
                "each event readable when it happens, in a coding that was offered, or uncoded",
            ));
        }
    }
    let told = no_coding(plain)
        .or_else(|| refused(seen))
        .or_else(|| not_varied(seen, plain));
    Ok(told.unwrap_or(Verdict::Pass))
}

/// That a coding is used although its weight is 0, if so: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3>. No browser asks like that.
fn refused(seen: &Observation) -> Option<Verdict> {
    let codings = seen.response(REFUSED).ok()?.content_codings();
    let coding = codings.first()?;
    Some(Verdict::Note(format!(
        "content-encoding: {coding} in answer to Accept-Encoding: {REFUSING}, which refuses it"
    )))
}

/// That caches are not told that the response depends on what codings are offered, if so: <https://www.rfc-editor.org/rfc/rfc9110#section-12.5.5>.
fn not_varied(seen: &Observation, plain: &Response) -> Option<Verdict> {
    let mut responses = KNOWN
        .iter()
        .filter_map(|offered| seen.response(offered).ok());
    let is_coded = |one: &&Response| one.is_event_stream() && !one.content_codings().is_empty();
    let coded = responses.find(is_coded)?;
    let says = |name: &str, words: &[&str]| plain.lists(name, words) || coded.lists(name, words);
    let told = says("cache-control", &["no-store"]) || says("vary", &["accept-encoding", "*"]);
    (!told).then(|| {
        Verdict::Note(format!(
            "content-encoding: {} is only sent to who offers it, and there is no Vary: Accept-Encoding for caches",
            coded.content_codings().join(", ")
        ))
    })
}

/// That a response has a word in `Content-Encoding` that names no coding, if so.
fn no_coding(response: &Response) -> Option<Verdict> {
    let field = response.headers_named("content-encoding").next()?;
    let seen = format!("{field}, which is no coding and should not be sent");
    Some(match field.text().trim().to_ascii_lowercase().as_str() {
        // No member at all, which the grammar allows.
        "" => return None,
        // What is in between is to leave the stream alone: documentation advises it, and clients know it.
        "none" => Verdict::Note(seen),
        _ => Verdict::fail(seen, "no Content-Encoding"),
    })
}

fn of_the_stream(seen: &Observation) -> Judgement {
    let exchange = seen.exchange("stream")?;
    let response = exchange.response()?;
    if !response.is_event_stream() {
        return NotObserved::because("the response is not an event stream");
    }
    let headers = &exchange.request.headers;
    if let Some(offered) = headers
        .iter()
        .find(|header| header.name == "accept-encoding")
    {
        return NotObserved::because(format!("codings were offered: {offered}"));
    }
    let wrong = unasked(response).or_else(|| no_coding(response));
    Ok(wrong.unwrap_or(Verdict::Pass))
}

/// That there is no response at all with this coding, if so: not even its head, which the compressor keeps until it has something to send.
fn unanswered(seen: &Observation, offered: &str, plain: &Response) -> Option<Verdict> {
    // Answered before and after: there was a place for it.
    seen.response(AGAIN).ok()?;
    let Answer::Nothing {
        why: Failure::Timeout,
        after,
    } = seen.exchange(offered).ok()?.answer
    else {
        return None;
    };
    let seconds = |micros| std::time::Duration::from_micros(micros).as_secs_f64();
    Some(Verdict::fail(
        format!(
            "with Accept-Encoding: {offered}, not even a head came in {:.1} s; without a coding it came after {:.1} s",
            seconds(after),
            seconds(plain.head_at)
        ),
        "each event readable when it happens, in a coding that was offered, or uncoded",
    ))
}

/// That a response to a request that offered no coding has one, if so.
fn unasked(response: &Response) -> Option<Verdict> {
    let codings = response.content_codings();
    if codings.is_empty() {
        return None;
    }
    Some(Verdict::fail_at(
        format!(
            "content-encoding: {}, although none was offered",
            codings.join(", ")
        ),
        "no Content-Encoding",
        &response.body.bytes,
        0,
    ))
}

/// What is wrong with `coded`, if so; `plain` is the same stream without a coding.
fn fault(offered: &str, coded: &Response, plain: &Response) -> Option<String> {
    let codings = coded.content_codings();
    if codings
        .iter()
        .any(|coding| coding::modern(coding) != offered)
    {
        return Some(format!("content-encoding: {}", codings.join(", ")));
    }
    if codings.is_empty() && is_text(plain) && !is_text(coded) {
        return Some("the body is no text, and no Content-Encoding says what it is".to_owned());
    }
    match decoded(offered, coded)? {
        Ok(body) => held_back(coded, &body, plain),
        Err(fault) => Some(fault),
    }
}

/// What is wrong with a stream that was read for longer, if so: with the coded data, with what stands at their end, or with when events come.
fn fault_for_longer(offered: &str, coded: &Response, plain: Option<&Response>) -> Option<String> {
    match decoded(offered, coded)? {
        Ok(body) => {
            let plain = plain?;
            loses_its_end(coded, &body, plain).or_else(|| held_back(coded, &body, plain))
        }
        Err(fault) => Some(fault),
    }
}

/// Whether the end of a stream is missing with the coding: what is there came without it as well, and more behind it.
fn loses_its_end(coded: &Response, decoded: &Body, plain: &Response) -> Option<String> {
    let events = Transcript::read(decoded).events;
    let usual = Transcript::of(plain).events;
    let is_start = events.len() < usual.len()
        && events
            .iter()
            .zip(&usual)
            .all(|(event, usual)| is_same(event, usual));
    let both_ended = coded.end == End::Complete && plain.end == End::Complete;
    (both_ended && is_start && events.len() > 1).then(|| {
        format!(
            "the last {} of {} events are missing",
            usual.len() - events.len(),
            usual.len()
        )
    })
}

/// The body without its coding, or what is wrong with the coded data; `None` if there is no coding.
fn decoded(offered: &str, coded: &Response) -> Option<Result<Body, String>> {
    let decoded = match coding::decode(coded)? {
        Ok(decoded) => decoded,
        Err(why) => return Some(Err(why)),
    };
    let fault = decoded
        .fault
        .map(|fault| format!("the body is not {offered}: {fault}"));
    let cut = decoded.unfinished.filter(|_| coded.end == End::Complete);
    Some(fault.or(cut).map_or(Ok(decoded.body), Err))
}

/// Whether the body is UTF-8, but for a character that is cut off at its end.
fn is_text(response: &Response) -> bool {
    match std::str::from_utf8(&response.body.bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::checks::evidence::{Evidence, named};
    use crate::header::Header;

    const EVENTS: [&[u8]; 2] = [b"data: a\n\n", b"data: b\n\n"];

    fn judged(gzip: Evidence) -> &'static str {
        judged_with(gzip, Some(("vary", "accept-encoding")))
    }

    fn judged_with(gzip: Evidence, field: Option<(&str, &str)>) -> &'static str {
        let plain = Evidence::of(EVENTS[0])
            .then(EVENTS[1], 100)
            .named("identity");
        let mut seen = plain.observation(Probe::Coding);
        let gzip = gzip.named("gzip").with(|response| {
            let fields = field.into_iter().chain([("content-encoding", "gzip")]);
            let fields = fields.map(|(name, value)| Header::new(name, value));
            response.headers.extend(fields);
        });
        seen.exchanges.push(gzip.exchange());
        named(content_encoding(&seen))
    }

    fn gzip() -> flate2::write::GzEncoder<Vec<u8>> {
        flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6))
    }

    #[test]
    fn what_is_flushed_passes_and_what_is_held_back_fails() {
        let mut flushed = gzip();
        flushed.write_all(EVENTS[0]).unwrap();
        flushed.flush().unwrap();
        assert_eq!(judged(Evidence::of(flushed.get_ref())), "pass");
        let mut held = gzip();
        held.write_all(&EVENTS.concat()).unwrap();
        assert_eq!(judged(Evidence::of(held.get_ref())), "fail");
        let at_the_end = held.finish().unwrap();
        assert_eq!(judged(Evidence::of(b"").then(&at_the_end, 1_500)), "fail");
        assert_eq!(judged(Evidence::of(&at_the_end)), "pass");
    }

    /// Events that came at these times, in milliseconds, without a coding, and at those with gzip.
    fn judged_by_times<const COUNT: usize>(
        plain: [u64; COUNT],
        coded: [u64; COUNT],
    ) -> &'static str {
        let events: Vec<_> = (0..COUNT)
            .map(|number| format!("data: {number}\n\n"))
            .collect();
        let plain = events.iter().zip(plain);
        let plain = plain.fold(Evidence::of(b"").named("identity"), |seen, (event, at)| {
            seen.then(event.as_bytes(), at)
        });
        let mut seen = plain.observation(Probe::Coding);
        let gzip = |response: &mut Response| {
            let mut encoder = gzip();
            let mut body = Body::default();
            for (event, at) in events.iter().zip(coded) {
                encoder.write_all(event.as_bytes()).unwrap();
                encoder.flush().unwrap();
                body.push(&std::mem::take(encoder.get_mut()), at * 1_000, usize::MAX);
            }
            response.body = body;
            let fields = [("content-encoding", "gzip"), ("vary", "accept-encoding")];
            let fields = fields.map(|(name, value)| Header::new(name, value));
            response.headers.extend(fields);
        };
        seen.exchanges
            .push(Evidence::of(b"").named("gzip").with(gzip).exchange());
        named(content_encoding(&seen))
    }

    #[test]
    fn a_compressor_that_keeps_the_last_event_fails() {
        let judged = |times| judged_by_times([100, 800, 1_500], times);
        assert_eq!(judged([800, 1_500, 2_200]), "fail");
        assert_eq!(judged([100, 800, 1_500]), "pass");
        // A machine that was busy once catches up.
        assert_eq!(judged([800, 810, 1_500]), "pass");
        // In quicker streams there have to be more of them, each with the next one.
        let quickly = |times| judged_by_times([100, 350, 600, 850, 1_100], times);
        assert_eq!(quickly([350, 600, 850, 1_100, 1_350]), "fail");
        assert_eq!(quickly([300, 550, 800, 1_050, 1_300]), "pass");
        assert_eq!(quickly([350, 600, 850, 1_000, 1_350]), "pass");
        let few = |times| judged_by_times([100, 350, 600], times);
        assert_eq!(few([350, 600, 850]), "pass");
    }

    #[test]
    fn a_compressor_that_is_flushed_now_and_then_fails() {
        let one_by_one = [100, 300, 500, 700, 900, 1_100];
        let judged = |times| judged_by_times(one_by_one, times);
        assert_eq!(judged([500, 501, 502, 1_100, 1_101, 1_102]), "fail");
        assert_eq!(judged([100, 500, 501, 900, 901, 902]), "fail");
        assert_eq!(judged([300, 301, 700, 701, 1_100, 1_400]), "pass");
        assert_eq!(judged([100, 500, 501, 900, 901, 1_300]), "fail");
        assert_eq!(judged(one_by_one), "pass");
        // A busy machine does not do it each time.
        assert_eq!(judged([300, 301, 500, 900, 901, 1_100]), "pass");
        assert_eq!(judged([100, 300, 500, 1_100, 1_101, 1_102]), "pass");
        // In quicker streams there have to be more of them.
        let quickly = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000];
        let fifth = [500, 501, 502, 503, 504, 1_000, 1_001, 1_002, 1_003, 1_004];
        let third = [300, 301, 302, 600, 601, 602, 900, 901, 902, 1_000];
        assert_eq!(judged_by_times(quickly, fifth), "fail");
        assert_eq!(judged_by_times(quickly, third), "pass");
        let in_lumps = [500, 501, 502, 1_100, 1_101, 1_102];
        assert_eq!(judged_by_times(in_lumps, in_lumps), "pass");
    }

    #[test]
    fn caches_have_to_be_told() {
        let judged = |field| {
            let mut flushed = gzip();
            flushed.write_all(EVENTS[0]).unwrap();
            flushed.flush().unwrap();
            judged_with(Evidence::of(flushed.get_ref()), field)
        };
        assert_eq!(judged(None), "note");
        assert_eq!(judged(Some(("vary", "Origin, Accept-Encoding"))), "pass");
        assert_eq!(judged(Some(("cache-control", "no-store"))), "pass");
    }

    #[test]
    fn a_coding_shows_also_where_the_stream_is_asked_for_once() {
        let judged = |coding: Option<&str>| {
            let stream = Evidence::of(EVENTS[0]).with(|response| {
                let field = coding.map(|coding| Header::new("content-encoding", coding));
                response.headers.extend(field);
            });
            named(of_the_stream(&stream.observation(Probe::Connect)))
        };
        assert_eq!(judged(Some("br")), "fail");
        assert_eq!(judged(Some("Identity")), "fail");
        assert_eq!(judged(Some("utf-8")), "fail");
        assert_eq!(judged(Some("none")), "note");
        assert_eq!(judged(Some("")), "pass");
        assert_eq!(judged(None), "pass");
    }

    #[test]
    fn what_cannot_be_decoded_fails() {
        let ended = |response: &mut Response| response.end = End::Complete;
        let mut cut = gzip();
        cut.write_all(&EVENTS.concat()).unwrap();
        cut.flush().unwrap();
        assert_eq!(judged(Evidence::of(cut.get_ref()).with(ended)), "fail");
        assert_eq!(judged(Evidence::of(&EVENTS.concat()).with(ended)), "fail");
        let mut whole = gzip();
        whole.write_all(&EVENTS.concat()).unwrap();
        let mut whole = whole.finish().unwrap();
        assert_eq!(judged(Evidence::of(&whole).with(ended)), "pass");
        *whole.last_mut().unwrap() ^= 1;
        assert_eq!(judged(Evidence::of(&whole).with(ended)), "fail");
    }

    #[test]
    fn a_coding_that_is_refused_is_told() {
        let plain = Evidence::of(EVENTS[0]).named("identity");
        let mut seen = plain.observation(Probe::Coding);
        assert_eq!(named(content_encoding(&seen)), "pass");
        let field = Header::new("content-encoding", "gzip");
        let refused = Evidence::of(b"").named(REFUSED);
        let refused = refused.with(|response| response.headers.push(field));
        seen.exchanges.push(refused.exchange());
        assert_eq!(named(content_encoding(&seen)), "note");
    }

    #[test]
    fn a_stream_that_is_long_is_read_to_its_end() {
        let judged = |whole: &[u8]| {
            let coded = |response: &mut Response| {
                let fields = [("content-encoding", "gzip"), ("vary", "accept-encoding")];
                let fields = fields.map(|(name, value)| Header::new(name, value));
                response.headers.extend(fields);
                response.end = End::Complete;
            };
            let plain = Evidence::of(EVENTS[0]).named("identity");
            let mut seen = plain.observation(Probe::Coding);
            let name = probe::whole_of("gzip");
            let mut head = gzip();
            head.write_all(EVENTS[0]).unwrap();
            let start = Evidence::of(&head.finish().unwrap()).named("gzip");
            let whole = Evidence::of(whole).named(&name).with(coded);
            seen.exchanges
                .extend([start.with(coded).exchange(), whole.exchange()]);
            named(content_encoding(&seen))
        };
        let mut whole = gzip();
        whole.write_all(&EVENTS.concat()).unwrap();
        let whole = whole.finish().unwrap();
        assert_eq!(judged(&whole), "pass");
        assert_eq!(judged(&whole[..whole.len() - 9]), "fail");
    }
}
