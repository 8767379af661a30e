//! One server after the other, in several rounds, so that whatever else the machine does meets all of them.

use std::io;

use crate::peer::{Peer, Running};
use crate::readers::{Readers, now};

const ROUNDS: usize = 3;

/// Deliveries of one server in one round.
const DELIVERIES: usize = 200_000;

/// What was measured of one server.
pub(crate) struct Figures {
    pub(crate) peer: Peer,
    pub(crate) readers: usize,
    /// Seconds from publishing an event until the last reader had it.
    seconds: Vec<f64>,
    /// Microseconds of a processor for one delivery, in each round.
    processor: Vec<f64>,
    /// Bytes of memory for one idle reader, in each round.
    memory: Vec<f64>,
}

impl Figures {
    pub(crate) fn deliveries_a_second(&self) -> f64 {
        self.readers as f64 / median(&self.seconds)
    }

    pub(crate) fn processor(&self) -> f64 {
        median(&self.processor)
    }

    pub(crate) fn memory(&self) -> f64 {
        median(&self.memory)
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Measures all servers with so many readers.
pub(crate) fn compare(readers: usize) -> io::Result<Vec<Figures>> {
    let mut all: Vec<_> = Peer::ALL
        .into_iter()
        .map(|peer| Figures {
            peer,
            readers,
            seconds: Vec::new(),
            processor: Vec::new(),
            memory: Vec::new(),
        })
        .collect();
    for _ in 0..ROUNDS {
        for figures in &mut all {
            measure(figures)?;
        }
    }
    Ok(all)
}

fn measure(figures: &mut Figures) -> io::Result<()> {
    let readers = figures.readers;
    let mut server = Running::start(figures.peer)?;
    let empty = server.memory()?;
    let mut reading = Readers::connect(server.address(), readers)?;
    let idle = server.memory()?.saturating_sub(empty);
    figures.memory.push(idle as f64 / readers as f64);
    let before = server.processor_time()?;
    let events = DELIVERIES / readers;
    for nth in 0..events {
        let mark = format!("n={nth:06};");
        let text = format!("{mark} {}", "the quick brown fox ".repeat(6));
        let start = now();
        server.publish(&text)?;
        let end = reading.wait_for(mark.as_bytes(), readers)?;
        figures.seconds.push((end - start).as_secs_f64());
    }
    let used = server.processor_time()? - before;
    figures
        .processor
        .push(used * 1e6 / (events * readers) as f64);
    Ok(())
}
