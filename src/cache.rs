//! Values that are made once for each text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The values so far, by text. With `MOST` values, it is emptied.
pub struct Cache<T, const MOST: usize = { usize::MAX }>(Mutex<HashMap<String, Arc<T>>>);

impl<T, const MOST: usize> Default for Cache<T, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T, const MOST: usize> Cache<T, MOST> {
    /// The value for this text; `make` creates it the first time.
    pub fn get<E>(&self, text: &str, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(text) {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(make()?);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(text.to_owned(), Arc::clone(&value));
        Ok(value)
    }
}
