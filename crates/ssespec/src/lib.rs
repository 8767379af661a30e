//! Judges anything that speaks Server-Sent Events: servers, clients, parsers, encoders, proxies.
