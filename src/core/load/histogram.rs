//! Latencies in buckets whose width grows with the value: bounded, and exact to one part in 128.

use std::time::Duration;

/// Values below `1 << BITS` microseconds have a bucket each; each doubling above has half as many.
const BITS: u32 = 8;
const HALF: usize = 1 << (BITS - 1);
/// Values from here on, 19 hours in microseconds, share the last bucket.
const OCTAVES: u32 = 36;
const BUCKETS: usize = (OCTAVES - BITS) as usize * HALF + (1 << BITS);

/// A count of latencies, in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    buckets: Vec<u64>,
    count: u64,
    sum: u128,
    least: u64,
    most: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
            sum: 0,
            least: u64::MAX,
            most: 0,
        }
    }
}

fn bucket(value: u64) -> usize {
    let value = value.min((1 << OCTAVES) - 1);
    let octave = (u64::BITS - value.leading_zeros()).saturating_sub(BITS);
    // At most 255 within its octave.
    octave as usize * HALF + usize::try_from(value >> octave).unwrap_or(0)
}

/// The largest value of a bucket.
fn top(bucket: usize) -> u64 {
    let octave = (bucket / HALF).saturating_sub(1);
    let within = bucket - octave * HALF;
    ((within as u64 + 1) << octave) - 1
}

impl Histogram {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        let value = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.buckets[bucket(value)] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.least = self.least.min(value);
        self.most = self.most.max(value);
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        for (own, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *own += more;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The shortest; zero where there is none.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_micros(if self.count == 0 { 0 } else { self.least })
    }

    /// The longest; zero where there is none.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.most)
    }

    /// The mean; zero where there is none.
    #[must_use]
    pub fn mean(&self) -> Duration {
        let mean = self.sum / u128::from(self.count.max(1));
        Duration::from_micros(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// The latency that this share of all, from 0 to 1, does not exceed.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank between 1 and the count"
        )]
        let rank = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return Duration::from_micros(top(index).clamp(self.least, self.most));
            }
        }
        Duration::ZERO
    }

    /// The same in bars of 1, 2, 5, 10, 20, … of a unit: the end of each, which is not part of it,
    /// and its count, without empty ones before the first and after the last. A bucket that spans an
    /// end counts for the bar below it.
    #[must_use]
    pub fn bars(&self) -> Vec<(Duration, u64)> {
        let mut bars: Vec<(u64, u64)> = Vec::new();
        let mut ends = (0..).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u64.pow(power)));
        let mut end = ends.next().unwrap_or(1);
        for (index, &count) in self.buckets.iter().enumerate().filter(|(_, own)| **own > 0) {
            let start = if index == 0 { 0 } else { top(index - 1) + 1 };
            while start >= end {
                if !bars.is_empty() {
                    bars.push((end, 0));
                }
                end = ends.next().unwrap_or(u64::MAX);
            }
            match bars.last_mut() {
                Some((last, sum)) if *last == end => *sum += count,
                _ => bars.push((end, count)),
            }
        }
        // An end that was passed after its bar stands there twice.
        bars.dedup_by(|next, own| {
            let same = next.0 == own.0;
            if same {
                own.1 += next.1;
            }
            same
        });
        bars.into_iter()
            .map(|(end, count)| (Duration::from_micros(end), count))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::default();
        for value in values {
            histogram.record(Duration::from_micros(value));
        }
        histogram
    }

    #[test]
    fn small_values_are_exact() {
        let histogram = of(1..=100);
        assert_eq!(histogram.quantile(0.5), Duration::from_micros(50));
        assert_eq!(histogram.quantile(0.99), Duration::from_micros(99));
        assert_eq!(histogram.quantile(1.0), Duration::from_micros(100));
        assert_eq!(histogram.quantile(0.0), Duration::from_micros(1));
        assert_eq!(histogram.mean(), Duration::from_micros(50));
        assert_eq!(histogram.min(), Duration::from_micros(1));
        let none = Histogram::default();
        assert_eq!((none.quantile(0.5), none.min()), Default::default());
        assert_eq!(none.bars(), []);
    }

    #[test]
    fn bars_hold_all_between_the_first_and_the_last() {
        let bars = of([3, 4, 9, 45, 45, 199]).bars();
        let plain: Vec<_> = bars.iter().map(|(end, n)| (end.as_micros(), *n)).collect();
        assert_eq!(
            plain,
            [(5, 2), (10, 1), (20, 0), (50, 2), (100, 0), (200, 1)]
        );
    }

    #[test]
    fn what_is_longer_than_all_buckets_is_counted_all_the_same() {
        let histogram = of([u64::MAX]);
        assert_eq!(histogram.quantile(0.5), Duration::from_micros(u64::MAX));
        assert_eq!(histogram.bars().len(), 1);
    }

    proptest! {
        #[test]
        fn a_bucket_is_off_by_less_than_one_part_in_128(value in 0..(1_u64 << OCTAVES)) {
            let top = top(bucket(value));
            prop_assert!(top >= value);
            prop_assert!((top - value) * 128 <= value.max(1), "{value}: {top}");
            prop_assert!(bucket(top) == bucket(value) && bucket(top + 1) != bucket(value) || (top + 1) >> OCTAVES == 1);
        }

        #[test]
        fn merged_is_as_recorded_together(a in prop::collection::vec(0..10_000_000_u64, 0..50), b in prop::collection::vec(0..10_000_000_u64, 0..50)) {
            let mut merged = of(a.clone());
            merged.merge(&of(b.clone()));
            let count: u64 = merged.bars().iter().map(|(_, count)| count).sum();
            prop_assert_eq!(count, merged.count());
            prop_assert_eq!(merged, of(a.into_iter().chain(b)));
        }
    }
}
