//! The least of a list that may be longer than memory: a portion of it at a time, in order.

/// Items are offered in any order; the least of them that come after the last portion are kept. The list is offered again for the
/// next portion.
#[derive(Clone, Debug)]
pub(super) struct Portion<T> {
    pub(super) items: Vec<T>,
    /// Most items.
    size: usize,
    /// The last item of the portion before.
    after: Option<T>,
    /// The largest item that was kept when others were dropped.
    ceiling: Option<T>,
}

impl<T: Clone + Ord> Portion<T> {
    pub(super) fn of(size: usize) -> Self {
        Self { items: Vec::new(), size, after: None, ceiling: None }
    }

    /// Forgets everything: the next items are those of another list.
    pub(super) fn restart(&mut self) {
        self.items.clear();
        (self.after, self.ceiling) = (None, None);
    }

    /// Goes on to the items after these; whether there are any.
    pub(super) fn go_on(&mut self) -> bool {
        if self.ceiling.take().is_none() {
            return false;
        }
        self.after = self.items.last().cloned();
        self.items.clear();
        true
    }

    /// Takes an item if it belongs to this portion, as far as is known yet.
    pub(super) fn offer(&mut self, item: T) {
        let is_done = self.after.as_ref().is_some_and(|after| item <= *after);
        if is_done || self.ceiling.as_ref().is_some_and(|ceiling| item > *ceiling) {
            return;
        }
        self.items.push(item);
        if self.items.len() >= 2 * self.size {
            self.cut();
        }
    }

    /// Drops all but the least.
    fn cut(&mut self) {
        let last = self.size - 1;
        self.items.select_nth_unstable(last);
        self.items.truncate(self.size);
        self.ceiling = self.items.last().cloned();
    }

    /// All items have been offered: puts them in order.
    pub(super) fn finish(&mut self) {
        if self.items.len() > self.size {
            self.cut();
        }
        self.items.sort_unstable();
    }

    /// What is dropped is above this; nothing is if there is none.
    pub(super) fn ceiling(&self) -> Option<&T> {
        self.ceiling.as_ref()
    }

    /// The portions before have everything up to this.
    pub(super) fn after(&self) -> Option<&T> {
        self.after.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Any list in portions of any size is the list in order.
    #[test]
    fn portions_are_the_list_in_order() {
        let mut random = Random(7);
        for size in 1..8 {
            for length in 0..30 {
                let list: Vec<(usize, usize)> = (0..length).map(|index| (random.below(5), index)).collect();
                let mut expected = list.clone();
                expected.sort_unstable();
                let (mut portion, mut found) = (Portion::of(size), Vec::new());
                loop {
                    for item in &list {
                        portion.offer(*item);
                    }
                    portion.finish();
                    assert!(portion.items.len() <= size);
                    found.extend_from_slice(&portion.items);
                    if !portion.go_on() {
                        break;
                    }
                }
                assert_eq!(found, expected, "{size} {length}");
            }
        }
    }
}
