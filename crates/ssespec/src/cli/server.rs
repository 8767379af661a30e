//! `ssespec check server`: judge a server by its URL.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use url::Url;

use super::judging::Judging;
use super::matrix::or_interrupt;
use super::profiles::ProfileArgs;
use super::{Stop, exit, output};
use crate::check::{Check, Role};
use crate::compare;
use crate::described::{DescribedError, check_described};
use crate::judge::Selection;
use crate::probe::ProbeError;
use crate::report::{Report, Run};
use crate::run::{check_server, look, side_by_side};
use crate::secret::Secrets;
use crate::settings::{HttpVersion, Inject, Manner, Settings, StopRules, Tls};
use crate::target::Target;

/// Options of `check server`.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Where the stream is; without it, the built-in reference server is judged
    url: Option<String>,
    /// Where scripts of events can be sent, to judge what the server writes; without a URL, only that is judged
    #[arg(long, value_name = "URL", conflicts_with = "passive")]
    replay: Option<String>,

    /// A server with a description, target.toml or its folder: it is started if the description says how, and as a hub it is published to
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "replay", "passive"])]
    target: Option<PathBuf>,

    /// A header for every request
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// A header whose value is taken from an environment variable and never shown
    #[arg(long, value_name = "NAME=VAR")]
    header_from_env: Vec<String>,
    /// The method [default: GET, or POST with --body]
    #[arg(long)]
    method: Option<String>,
    /// The content of the request: text, or @FILE
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// Allow a POST to be sent more than once
    #[arg(long)]
    repeat_post: bool,

    /// Leave the stream after this many events
    #[arg(long, value_name = "N", default_value_t = StopRules::default().events, value_parser = at_least_one, help_heading = "When to stop")]
    events: usize,
    /// Leave the stream after this time
    #[arg(long = "for", value_name = "TIME", default_value = "10s", value_parser = duration, help_heading = "When to stop")]
    time: Duration,
    /// Leave the stream after this much silence
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "When to stop")]
    idle: Option<Duration>,
    /// Leave the stream after an event of this type
    #[arg(long, value_name = "NAME", help_heading = "When to stop")]
    until_event: Option<String>,
    /// Leave the stream after an event with this data, such as [DONE]
    #[arg(long, value_name = "TEXT", help_heading = "When to stop")]
    until_data: Option<String>,

    /// Speak HTTP/1.0
    #[arg(long = "http1.0", group = "version", help_heading = "Connection")]
    http10: bool,
    /// Speak HTTP/1.1
    #[arg(long = "http1.1", group = "version", help_heading = "Connection")]
    http11: bool,
    /// Speak HTTP/2 over TLS
    #[arg(long = "http2", group = "version", help_heading = "Connection")]
    http2: bool,
    /// Speak HTTP/2 without TLS
    #[arg(long, group = "version", help_heading = "Connection")]
    http2_prior_knowledge: bool,
    /// Trust the certificates in this PEM file too
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    cacert: Option<PathBuf>,
    /// Trust any certificate
    #[arg(long, help_heading = "Connection")]
    insecure: bool,
    /// Our certificate, PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "key",
        help_heading = "Connection"
    )]
    cert: Option<PathBuf>,
    /// Our private key, PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "cert",
        help_heading = "Connection"
    )]
    key: Option<PathBuf>,
    /// Use this address for a host
    #[arg(long, value_name = "HOST:ADDR", value_parser = resolve, help_heading = "Connection")]
    resolve: Vec<(String, SocketAddr)>,

    /// Send hostile values through a parameter that the server writes into its stream: query:NAME, path or header:NAME
    #[arg(
        long,
        value_name = "WHERE",
        requires = "url",
        conflicts_with = "passive",
        help_heading = "Checks"
    )]
    inject: Option<Inject>,
    /// A header of another session, whose value is taken from an environment variable and never shown: our events must not come to it
    #[arg(
        long,
        value_name = "NAME=VAR",
        requires = "url",
        conflicts_with = "passive",
        help_heading = "Checks"
    )]
    other_session: Vec<String>,
    /// Judge another address of the same stream too, such as the edge of this origin, and tell what differs; what harms the stream is a warning
    #[arg(
        long,
        value_name = "URL",
        requires = "url",
        conflicts_with_all = ["baseline", "replay", "inject"],
        help_heading = "Checks"
    )]
    compare: Option<String>,
    /// Where the server shows how many connections it has: a number, JSON or Prometheus; #NAME behind the URL says which
    #[arg(
        long,
        value_name = "URL",
        requires = "url",
        conflicts_with = "passive",
        help_heading = "Checks"
    )]
    gauge: Option<String>,
    /// Make one request only
    #[arg(long, conflicts_with = "stress", help_heading = "Checks")]
    passive: bool,
    /// Allow storms: 50 parallel streams, 20 clients that come back at once, 200 aborted connects
    #[arg(long, help_heading = "Checks")]
    stress: bool,
    #[command(flatten)]
    profiles: ProfileArgs,
    #[command(flatten)]
    judging: Judging,
}

pub(crate) fn run(args: ServerArgs) -> Result<u8, Stop> {
    let selection = args.judging.selection()?;
    let checks = selection.checks(Role::Server);
    let known = args.judging.known()?;
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::ours)?;
    if let (Some(url), Some(other)) = (&args.url, &args.compare) {
        let compared = runtime.block_on(compare(&args, &selection, &checks, [url, other]));
        runtime.shutdown_background();
        let (report, code) = compared?;
        let told = args.judging.publish(&report)?;
        return Ok(code.unwrap_or(told));
    }
    let run = runtime.block_on(judge(&args, &selection, &checks));
    // Nothing is worth waiting for any more.
    runtime.shutdown_background();
    args.judging.conclude(run?, &known, &selection)
}

async fn judge(
    args: &ServerArgs,
    selection: &Selection,
    checks: &[&'static Check],
) -> Result<Run, Stop> {
    let _progress = output::progress(&format!(
        "watching the stream for {} at most",
        humantime::format_duration(args.time)
    ));
    if let Some(path) = &args.target {
        return judge_described(args, selection, path).await;
    }
    let replay = args.replay.as_deref().map(parse_url).transpose()?;
    let url = args.url.as_deref().map(parse_url).transpose()?;
    if let Some(url) = url.or_else(|| replay.clone()) {
        let mut settings = settings(args, selection, url)?;
        settings.only_replay = args.url.is_none();
        settings.take_replay(replay);
        let run = check_server(None, settings, checks, None).await;
        return run.map_err(stop);
    }
    let reference = crate::reference::start().await.map_err(Stop::ours)?;
    output::tell(&format!(
        "no URL: judging the built-in reference server at {}",
        reference.url()
    ));
    let mut settings = settings(args, selection, reference.url().clone())?;
    settings.take_replay((!args.passive).then(|| reference.replay().clone()));
    settings.take_hub((!args.passive).then(|| reference.hub().clone()));
    let run = check_server(Some("built-in reference server"), settings, checks, None)
        .await
        .map_err(stop)?;
    reference.stop().await;
    Ok(run)
}

async fn judge_described(
    args: &ServerArgs,
    selection: &Selection,
    path: &Path,
) -> Result<Run, Stop> {
    let target = if path.is_dir() {
        Target::read(path)
    } else {
        Target::read_file(path)
    };
    let target = target.map_err(Stop::usage)?;
    if target.role != Role::Server {
        return Err(Stop::usage(format!(
            "{}: the role is {}: judge it with `ssespec matrix --role {}`",
            path.display(),
            target.role,
            target.role
        )));
    }
    // What is wrong with the options shows before anything is started.
    let placeholder = parse_url("http://localhost/")?;
    let asked = settings(args, selection, placeholder)?;
    let settings = |url| {
        let mut settings = asked;
        settings.take_url(url);
        settings
    };
    let scale = args.judging.timeout_scale;
    let judging = check_described(&target, scale, settings, selection);
    or_interrupt(async {
        judging.await.map_err(|error| match error {
            DescribedError::Target(_) | DescribedError::Baseline(_) => Stop::usage(error),
            DescribedError::Process(_) => Stop::target(error),
            DescribedError::Probe { error, tail } => {
                output::tell(&tail);
                stop(error)
            }
        })
    })
    .await
}

/// Judges both addresses one after the other, so that neither disturbs what is seen of the other one, and then reads both at the same time. Where the
/// other one does not answer there is still something to tell, and the code with which the command ends.
async fn compare(
    args: &ServerArgs,
    selection: &Selection,
    checks: &[&'static Check],
    [origin, other]: [&String; 2],
) -> Result<(Report, Option<u8>), Stop> {
    let (origin, other) = (parse_url(origin)?, parse_url(other)?);
    let _progress = output::progress("looking at one address and then at the other one");
    let settings = [origin, other].map(|url| settings(args, selection, url));
    let [origin, other] = settings;
    let (origin, other) = (origin?, other?);
    let mut secrets = origin.secrets.clone();
    secrets.take_over(&other.secrets);
    let both = [origin.clone(), other.clone()];
    let origin = look(None, origin, checks, None).await.map_err(stop)?;
    let (comparison, other, code) = match look(None, other, checks, None).await {
        Ok(other) => {
            let both = side_by_side(both).await;
            let comparison = compare::compare(&origin, &other, both.as_ref());
            (comparison, Some(other.run), None)
        }
        Err(ProbeError::Unreachable { url, why }) => {
            let told = compare::unanswered(&origin, url, &why);
            (told, None, Some(exit::TARGET))
        }
        Err(error) => return Err(stop(error)),
    };
    let runs = [Some(origin.run), other].into_iter().flatten().collect();
    Ok((Report::new(runs).compared(comparison, &secrets), code))
}

fn stop(error: ProbeError) -> Stop {
    match error {
        ProbeError::Unreachable { .. } => Stop::target(error),
        ProbeError::Tls(_) | ProbeError::Gauge { .. } => Stop::usage(error),
        ProbeError::Client(_) => Stop::ours(error),
    }
}

fn settings(args: &ServerArgs, selection: &Selection, url: Url) -> Result<Settings, Stop> {
    let mut settings = Settings::new(url);
    for header in &args.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| Stop::usage("-H: write 'name: value'"))?;
        let (name, value) = parse_header("-H", name.trim(), value.trim())?;
        if settings.secrets.is_secret_header(name.as_str()) {
            settings
                .secrets
                .learn_header(name.as_str(), value.as_bytes());
        }
        settings.headers.push((name, value));
    }
    for header in &args.header_from_env {
        settings.headers.push(header_from_env(
            "--header-from-env",
            header,
            &mut settings.secrets,
        )?);
    }
    for header in &args.other_session {
        let header = header_from_env("--other-session", header, &mut settings.secrets)?;
        settings.other_session.push(header);
    }
    settings.body = args.body.as_deref().map(content).transpose()?;
    let method = match (&args.method, &settings.body) {
        (Some(method), _) => method.to_ascii_uppercase(),
        (None, Some(_)) => "POST".to_owned(),
        (None, None) => "GET".to_owned(),
    };
    settings.method = method.parse().map_err(|_| {
        Stop::usage(format!(
            "--method: {method:?} is not a method: write GET, POST …"
        ))
    })?;
    settings.version = match () {
        () if args.http10 => HttpVersion::Http10,
        () if args.http11 => HttpVersion::Http11,
        () if args.http2 => HttpVersion::Http2,
        () if args.http2_prior_knowledge => HttpVersion::Http2PriorKnowledge,
        () => HttpVersion::Auto,
    };
    settings.tls = Tls {
        ca: args
            .cacert
            .as_deref()
            .map(|path| read("--cacert", path))
            .transpose()?,
        insecure: args.insecure,
        identity: match (&args.cert, &args.key) {
            (Some(cert), Some(key)) => Some((read("--cert", cert)?, read("--key", key)?)),
            _ => None,
        },
    };
    settings.resolve.clone_from(&args.resolve);
    settings.stop = StopRules {
        events: args.events,
        time: args.time,
        idle: args.idle,
        until_event: args.until_event.clone(),
        until_data: args.until_data.clone(),
        ..StopRules::default()
    };
    settings.manner = match (args.passive, args.stress) {
        (true, _) => Manner::Passive,
        (_, true) => Manner::Stress,
        _ => Manner::Gentle,
    };
    if args.inject.is_some() {
        output::tell("--inject sends hostile input: use it on servers of your own only");
    }
    settings.inject.clone_from(&args.inject);
    settings.take_gauge(args.gauge.as_deref().map(parse_url).transpose()?);
    settings.repeat_unsafe = args.repeat_post;
    settings.timeout_scale = args.judging.timeout_scale;
    let given = args.method.is_some() || args.body.is_some();
    args.profiles.apply(&mut settings, selection, given)?;
    Ok(settings)
}

pub(super) fn parse_url(text: &str) -> Result<Url, Stop> {
    let url: Url = text.parse().map_err(|error| {
        Stop::usage(format!(
            "{text:?} is not a URL: {error}; write http://host:port/path"
        ))
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Stop::usage(format!(
            "{text:?} is not a URL of a server: write http://host:port/path or https://…"
        )));
    }
    Ok(url)
}

fn parse_header(option: &str, name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Stop> {
    let name: HeaderName = name
        .parse()
        .map_err(|_| Stop::usage(format!("{option}: {name:?} is not the name of a header")))?;
    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
        Stop::usage(format!(
            "{option}: the value of {name} has a control character"
        ))
    })?;
    Ok((name, value))
}

fn header_from_env(
    option: &str,
    text: &str,
    secrets: &mut Secrets,
) -> Result<(HeaderName, HeaderValue), Stop> {
    let pair = text.split_once('=');
    // What looks like `Cookie: sid=…` is the value itself, and is not shown.
    let (name, variable) = pair
        .filter(|(name, _)| name.trim().parse::<HeaderName>().is_ok())
        .ok_or_else(|| {
            Stop::usage(format!(
                "{option}: write NAME=VAR, such as Cookie=SESSION: the name of a header, and that of an environment variable with its value"
            ))
        })?;
    let value = std::env::var(variable).map_err(|_| {
        Stop::usage(format!(
            "{option}: the environment has no variable {variable}"
        ))
    })?;
    let header = parse_header(option, name.trim(), value.trim())?;
    secrets.learn_header(header.0.as_str(), header.1.as_bytes());
    Ok(header)
}

fn content(text: &str) -> Result<Vec<u8>, Stop> {
    match text.strip_prefix('@') {
        Some(path) => read("--body", Path::new(path)),
        None => Ok(text.as_bytes().to_vec()),
    }
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, Stop> {
    std::fs::read(path)
        .map_err(|error| Stop::usage(format!("{option}: {}: {error}", path.display())))
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = match text.parse::<f64>() {
        Ok(seconds) if seconds >= 0.0 => Duration::try_from_secs_f64(seconds).ok(),
        Ok(_) => None,
        Err(_) => humantime::parse_duration(text).ok(),
    };
    match parsed {
        Some(Duration::ZERO) => Err("must be more than 0".to_owned()),
        Some(time) if time > Duration::from_secs(24 * 60 * 60) => Err("24h is the most".to_owned()),
        Some(time) => Ok(time),
        None => Err("write a time such as 500ms, 10s or 2m".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse::<usize>() {
        Ok(0) | Err(_) => Err("write a whole number from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

fn resolve(text: &str) -> Result<(String, SocketAddr), String> {
    let wrong =
        || "write HOST:ADDRESS or HOST:ADDRESS:PORT, such as example.com:127.0.0.1".to_owned();
    let (host, address) = text.split_once(':').ok_or_else(wrong)?;
    let address = match (
        address.parse::<SocketAddr>(),
        address.trim_matches(['[', ']']).parse::<IpAddr>(),
    ) {
        (Ok(address), _) => address,
        // Port 0 stands for the port of the URL.
        (_, Ok(ip)) => SocketAddr::new(ip, 0),
        _ => return Err(wrong()),
    };
    Ok((host.to_owned(), address))
}
