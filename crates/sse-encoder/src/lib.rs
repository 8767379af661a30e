//! Encoder of text/event-stream (Server-Sent Events) that refuses what cannot be expressed.
