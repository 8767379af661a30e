use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::cuts::{self, CutPlan};

/// Cuts for a stream of so many bytes; some chunks are empty, and shrinking leads to one chunk.
pub fn cut_plan(len: usize) -> impl Strategy<Value = CutPlan> {
    vec(0..=len, 0..12).prop_map(cuts::at)
}

/// A value of another strategy together with cuts for its bytes.
///
/// # Examples
///
/// ```
/// use proptest::prelude::*;
/// use sse_fixtures::strategies::{cuts_of, stream};
///
/// proptest!(|((stream, plan) in cuts_of(stream(), |stream| stream.bytes.len()))| {
///     prop_assert_eq!(plan.chunks(&stream.bytes).map(<[u8]>::len).sum::<usize>(), stream.bytes.len());
/// });
/// ```
pub fn cuts_of<S: Strategy>(
    values: S,
    len: impl Fn(&S::Value) -> usize,
) -> impl Strategy<Value = (S::Value, CutPlan)> {
    let edges = vec(any::<Index>(), 0..12);
    (values, edges).prop_map(move |(value, edges)| {
        let len = len(&value);
        let plan = cuts::at(edges.iter().map(|edge| edge.index(len + 1)));
        (value, plan)
    })
}
