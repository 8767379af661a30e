//! The last bytes that a program prints.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::escape;

/// How much is kept, in bytes (4 KiB).
const KEPT: usize = 4 << 10;

/// The last bytes of what a program prints.
#[derive(Default)]
pub(crate) struct Tail {
    bytes: Arc<Mutex<VecDeque<u8>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Tail {
    /// Reads one more output of the program until its end.
    pub(crate) fn follow(&mut self, source: Option<impl AsyncRead + Send + Unpin + 'static>) {
        let Some(mut source) = source else { return };
        let tail = Arc::clone(&self.bytes);
        self.readers.push(tokio::spawn(async move {
            let mut buffer = [0; 1024];
            while let Ok(count @ 1..) = source.read(&mut buffer).await {
                let Ok(mut tail) = tail.lock() else { return };
                tail.extend(&buffer[..count]);
                let excess = tail.len().saturating_sub(KEPT);
                tail.drain(..excess);
            }
        }));
    }

    /// Waits until all is read, for a program that has ended; `patience` is for one whose children keep the output open.
    pub(crate) async fn complete(&mut self, patience: Duration) {
        for reader in self.readers.drain(..) {
            let _ = timeout(patience, reader).await;
        }
    }

    /// The last lines, escaped.
    pub(crate) fn text(&self) -> String {
        let Ok(mut tail) = self.bytes.lock() else {
            return String::new();
        };
        let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
        text.lines()
            .map(escape::printable)
            .collect::<Vec<_>>()
            .join("\n")
    }
}
