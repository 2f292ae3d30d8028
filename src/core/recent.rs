//! What was seen of late: a map that forgets its oldest entry rather than grow past its bound.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// At most so many values by their keys, in the order their keys were first seen.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    most: usize,
    values: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V: Default> Recent<K, V> {
    /// An empty map of at most `most` values, one at least.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            values: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// The value of a key, if it is remembered.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    /// The value of a key; an empty one of a key that is new, in the place of the oldest where there
    /// is no room.
    pub fn value(&mut self, key: &K) -> &mut V {
        if !self.values.contains_key(key) {
            if self.order.len() >= self.most
                && let Some(oldest) = self.order.pop_front()
            {
                self.values.remove(&oldest);
            }
            self.order.push_back(key.clone());
        }
        self.values.entry(key.clone()).or_default()
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
        assert_eq!((recent.values.len(), recent.order.len()), (3, 3));
    }
}
