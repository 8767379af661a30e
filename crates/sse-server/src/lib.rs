//! Server-Sent Events server: event log, resume, keep-alive, fan-out.
