//! A corpus of Server-Sent Events streams with what must come of them, and its loader.
