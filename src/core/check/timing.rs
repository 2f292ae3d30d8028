//! Whether the time of a refusal tells how much of a signature was right: a statistical hint.
//!
//! The ranks of two samples are compared (Mann-Whitney's U, normal approximation), so that a few
//! answers that took long do not decide. Only the direction that a comparison byte by byte has
//! counts: wrong at the end takes longer than wrong from the start.

use std::time::Duration;

/// So many refusals of either kind are timed.
pub const SAMPLES: usize = 60;
/// Less likely than one in a million by chance.
const SIGNIFICANT: f64 = 4.9;
/// Less than this part of the time is nothing.
const NOTICEABLE: f64 = 0.02;

/// What two samples tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tell {
    /// How many standard deviations the ranks are apart.
    pub z: f64,
    /// How much longer the late ones took, by their medians.
    pub longer: Duration,
}

/// Whether refusals that are wrong at the end take longer than those wrong from the start.
#[must_use]
pub fn tell(early: &[Duration], late: &[Duration]) -> Option<Tell> {
    if early.len() < 10 || late.len() < 10 {
        return None;
    }
    let (a, b) = (count(early.len()), count(late.len()));
    let mut wins = 0.0;
    for own in late {
        for other in early {
            wins += match own.cmp(other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let mean = a * b / 2.0;
    let deviation = (a * b * (a + b + 1.0) / 12.0).sqrt();
    let z = (wins - mean) / deviation;
    let (early, late) = (median(early), median(late));
    let longer = late.saturating_sub(early);
    let noticeable = longer.as_secs_f64() > early.as_secs_f64() * NOTICEABLE;
    (z > SIGNIFICANT && noticeable).then_some(Tell { z, longer })
}

fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::random::Random;

    fn sample(random: &mut Random, base: u64, noise: u64) -> Vec<Duration> {
        let one = |_| Duration::from_nanos(base + random.below(noise));
        (0..SAMPLES).map(one).collect()
    }

    #[test]
    fn chance_tells_nothing() {
        let mut random = Random::from_text("timing");
        for _ in 0..2000 {
            let early = sample(&mut random, 300_000, 200_000);
            let late = sample(&mut random, 300_000, 200_000);
            assert_eq!(tell(&early, &late), None);
        }
    }

    #[test]
    fn a_comparison_byte_by_byte_shows_in_its_own_direction_alone() {
        let mut random = Random::from_text("timing");
        let early = sample(&mut random, 300_000, 200_000);
        let late = sample(&mut random, 600_000, 200_000);
        assert!(tell(&early, &late).is_some_and(|own| own.z > 8.0));
        assert_eq!(tell(&late, &early), None);
        assert_eq!(tell(&early[..5], &late), None);
    }
}
