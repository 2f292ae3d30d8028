//! What was seen of late: a map that forgets its oldest entry rather than grow past its bound.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// At most so many values by their keys, in the order their keys were first seen.
///
/// The values lie in that order, so that one that is new is written beside the last.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    most: usize,
    /// How many values were forgotten.
    forgotten: u64,
    /// The place of each key's value, counted from the first of all.
    places: HashMap<K, u64>,
    values: VecDeque<(K, V)>,
}

impl<K: Clone + Eq + Hash, V: Default> Recent<K, V> {
    /// An empty map of at most `most` values, one at least.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            forgotten: 0,
            places: HashMap::new(),
            values: VecDeque::new(),
        }
    }

    /// The value of a key, if it is remembered.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let place = self.places.get(key)?;
        let index = usize::try_from(place - self.forgotten).ok()?;
        self.values.get(index).map(|(_, value)| value)
    }

    /// The value of a key; an empty one of a key that is new, in the place of the oldest where there
    /// is no room.
    pub fn value(&mut self, key: &K) -> &mut V {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None => self.remember(key.clone()),
        };
        let index = place - self.forgotten;
        // Never beyond the end: places and values come and go together.
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        &mut self.values[index].1
    }

    /// Takes a key that is new; gives its place.
    fn remember(&mut self, key: K) -> u64 {
        if self.values.len() >= self.most
            && let Some((oldest, _)) = self.values.pop_front()
        {
            self.places.remove(&oldest);
            self.forgotten += 1;
        }
        let place = self.forgotten + self.values.len() as u64;
        self.places.insert(key.clone(), place);
        self.values.push_back((key, V::default()));
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent: Recent<u32, u32> = Recent::new(3);
        for key in [1, 2, 1, 3, 4] {
            *recent.value(&key) += 1;
        }
        assert_eq!(recent.get(&1), None, "the oldest was forgotten");
        assert_eq!((recent.get(&2), recent.get(&4)), (Some(&1), Some(&1)));
        assert_eq!(*recent.value(&1), 0);
        assert_eq!((recent.values.len(), recent.places.len()), (3, 3));
    }
}
