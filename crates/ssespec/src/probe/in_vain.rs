//! Whether a server that did not answer everybody serves anybody when all have left.

use super::Prober;
use super::ask::Ask;
use super::order::crowded_out;
use crate::check::Probe;
use crate::observation::{Exchange, Observation};

/// Why so little was seen of a server that serves its first clients alone.
const WHY: &str = "nobody is served any more once the first clients have left";

impl Prober {
    /// A client that comes back when all others have left, if it is not answered either. It waits twice as long as others: who serves one after the other
    /// has to find out first that they have left.
    pub(super) async fn in_vain(&self) -> Option<Exchange> {
        let ask = Ask::stream("at-once-1", self);
        let opened = self.open_within(2 * self.head_patience(), ask).await;
        let came = opened.read(self, None).await;
        came.is_unanswered().then_some(came)
    }
}

/// What can be said of such a server, of which `connect` and `seen` were seen before: that who `came` back was not served. No answer to anything else says
/// something about what was asked. How it lets go of clients is seen from outside.
pub(super) fn nobody_served(
    connect: Observation,
    seen: Vec<Observation>,
    came: Exchange,
    probes: &[Probe],
) -> Vec<Observation> {
    let stream = connect.exchange("stream").ok().cloned();
    let back = stream.into_iter().chain([came]).collect();
    let back = probes
        .contains(&Probe::ComeBack)
        .then(|| Observation::of(Probe::ComeBack, back));
    let told = |one: &Observation| one.probe == Probe::Leave || !crowded_out(one);
    let mut all: Vec<_> = seen.into_iter().filter(told).collect();
    all.push(connect);
    all.extend(back);
    for probe in probes {
        if all.iter().all(|one| one.probe != *probe) {
            all.push(Observation::nothing(*probe, WHY));
        }
    }
    all
}
