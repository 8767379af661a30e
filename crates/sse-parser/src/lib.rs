//! Zero-copy, incremental parser of text/event-stream (Server-Sent Events).
