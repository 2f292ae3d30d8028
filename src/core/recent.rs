//! What was seen of late: a map that forgets its oldest entry rather than grow past its bound.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

/// At most so many values by their keys, in the order their keys were first seen.
///
/// Keys and values lie in that order, so that one that is new is written beside the last; found are they
/// by a table of their places, a quarter of the room that a map with keys of its own would take.
#[derive(Clone, Debug)]
pub struct Recent<K, V> {
    most: usize,
    /// How many values were forgotten, modulo 2^32.
    forgotten: u32,
    /// The place of each key's value, counted from the first of all modulo 2^32.
    places: HashTable<u32>,
    values: VecDeque<(K, V)>,
    /// Seeded at random: whoever chooses keys cannot choose where they are looked for.
    hashes: RandomState,
}

impl<K: Clone + Eq + Hash, V: Default> Recent<K, V> {
    /// An empty map of at most `most` values: one at least, and fewer than 2^32.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most: most.clamp(1, u32::MAX as usize),
            forgotten: 0,
            places: HashTable::new(),
            values: VecDeque::new(),
            hashes: RandomState::new(),
        }
    }

    /// The value of a key, if it is remembered.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let index = self.index(self.hashes.hash_one(key), key)?;
        self.values.get(index).map(|(_, value)| value)
    }

    /// The value of a key; an empty one of a key that is new, in the place of the oldest where there
    /// is no room.
    pub fn value(&mut self, key: &K) -> &mut V {
        let hash = self.hashes.hash_one(key);
        let index = match self.index(hash, key) {
            Some(index) => index,
            None => self.remember(hash, key.clone()),
        };
        // Never beyond the end: places and values come and go together.
        &mut self.values[index].1
    }

    /// Where the value of a key lies now.
    fn index(&self, hash: u64, key: &K) -> Option<usize> {
        let is_its = |place: &u32| self.values[index(*place, self.forgotten)].0 == *key;
        let place = self.places.find(hash, is_its)?;
        Some(index(*place, self.forgotten))
    }

    /// Takes a key that is new; gives its index.
    fn remember(&mut self, hash: u64, key: K) -> usize {
        if self.values.len() >= self.most
            && let Some((oldest, _)) = self.values.pop_front()
        {
            let hash = self.hashes.hash_one(&oldest);
            let place = self.forgotten;
            if let Ok(found) = self.places.find_entry(hash, |own| *own == place) {
                found.remove();
            }
            self.forgotten = self.forgotten.wrapping_add(1);
        }
        let end = self.values.len();
        if end == self.values.capacity() {
            // Twice as many, and never more than there may be.
            self.values.reserve_exact(end.max(4).min(self.most - end));
        }
        self.values.push_back((key, V::default()));
        let place = self
            .forgotten
            .wrapping_add(u32::try_from(end).unwrap_or(u32::MAX));
        let Self {
            forgotten,
            places,
            values,
            hashes,
            ..
        } = self;
        let rehash = |own: &u32| hashes.hash_one(&values[index(*own, *forgotten)].0);
        places.insert_unique(hash, place, rehash);
        end
    }
}

/// The index of a place, when so many were forgotten.
fn index(place: u32, forgotten: u32) -> usize {
    place.wrapping_sub(forgotten) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        #[test]
        fn it_is_what_a_list_remembers(keys in prop::collection::vec(0_u8..12, 0..200), most in 1_usize..8) {
            let mut recent: Recent<u8, usize> = Recent::new(most);
            recent.forgotten = u32::MAX - 20;
            let mut list: Vec<(u8, usize)> = Vec::new();
            for key in keys {
                *recent.value(&key) += 1;
                match list.iter_mut().find(|own| own.0 == key) {
                    Some(own) => own.1 += 1,
                    None => list.push((key, 1)),
                }
                if list.len() > most {
                    list.remove(0);
                }
                prop_assert_eq!(recent.places.len(), list.len());
                prop_assert!(recent.values.capacity() <= most.max(8));
                for key in 0..12 {
                    let wanted = list.iter().find(|own| own.0 == key);
                    prop_assert_eq!(recent.get(&key), wanted.map(|own| &own.1));
                }
            }
        }
    }
}
