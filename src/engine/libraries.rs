//! Libraries of functions: what FUNCTION LOAD keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

/// What a script or a function says of itself, one bit for each of [`ScriptFlags::NAMES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScriptFlags(u8);

impl ScriptFlags {
    /// The flags of Redis 7.0, in its order.
    pub const NAMES: [&'static str; 5] =
        ["no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"];

    /// The place of a flag in [`ScriptFlags::NAMES`], with the name told apart as `same` does.
    fn place(name: &[u8], same: impl Fn(&[u8], &[u8]) -> bool) -> Option<usize> {
        ScriptFlags::NAMES.iter().position(|known| same(known.as_bytes(), name))
    }

    /// Adds the flag of this name, in exactly these letters; false if there is none.
    pub fn add(&mut self, name: &[u8]) -> bool {
        self.add_at(ScriptFlags::place(name, |a, b| a == b))
    }

    /// Adds the flag of this name, in any case; false if there is none.
    pub fn add_any_case(&mut self, name: &[u8]) -> bool {
        self.add_at(ScriptFlags::place(name, <[u8]>::eq_ignore_ascii_case))
    }

    fn add_at(&mut self, place: Option<usize>) -> bool {
        self.0 |= place.map_or(0, |place| 1 << place);
        place.is_some()
    }

    /// Its names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ScriptFlags::NAMES.into_iter().enumerate().filter(move |(place, _)| self.0 & (1 << place) != 0).map(|(_, n)| n)
    }

    /// `no-writes`
    pub fn no_writes(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether it may run when memory is out: `allow-oom`, or `no-writes`, which needs none.
    pub fn may_run_out_of_memory(self) -> bool {
        self.0 & 3 != 0
    }
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: Bytes,
    /// What its author says of it.
    pub description: Option<Bytes>,
    /// What it says of itself.
    pub flags: ScriptFlags,
}

/// A library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name.
    pub name: Bytes,
    /// Its source, the shebang included.
    pub source: Bytes,
    /// Where the Lua source starts.
    pub body: usize,
    /// A name for what was compiled of it.
    pub key: String,
    /// Its functions.
    pub functions: Vec<FunctionInfo>,
}

/// All libraries. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Libraries {
    by_name: BTreeMap<Bytes, Arc<Library>>,
    /// The library of each function and its place there, by the function's name in lower case.
    functions: BTreeMap<Vec<u8>, (Arc<Library>, usize)>,
}

impl Libraries {
    /// The library of this name.
    pub fn get(&self, name: &[u8]) -> Option<&Arc<Library>> {
        self.by_name.get(name)
    }

    /// All libraries by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Library>> {
        self.by_name.values()
    }

    /// How many libraries and functions there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.by_name.len(), self.by_name.values().map(|library| library.functions.len()).sum())
    }

    /// The function of this name, in any case: its library and its place there.
    pub fn function(&self, name: &[u8]) -> Option<(&Arc<Library>, usize)> {
        self.functions.get(&name.to_ascii_lowercase()).map(|(library, place)| (library, *place))
    }

    /// The first function of a library whose name a function of another library has.
    pub fn collision<'a>(&self, library: &'a Library) -> Option<&'a Bytes> {
        library.functions.iter().map(|function| &function.name).find(|name| self.function(name).is_some())
    }

    /// Adds a library in place of the one of its name.
    pub fn put(&mut self, library: Library) {
        self.remove(&library.name);
        let library = Arc::new(library);
        for (place, function) in library.functions.iter().enumerate() {
            self.functions.insert(function.name.to_ascii_lowercase(), (Arc::clone(&library), place));
        }
        self.by_name.insert(library.name.clone(), library);
    }

    /// Removes a library; whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let Some(library) = self.by_name.remove(name) else { return false };
        self.functions.retain(|_, (owner, _)| !Arc::ptr_eq(owner, &library));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(name: &'static str, function: &'static str) -> Library {
        let function = FunctionInfo {
            name: Bytes::from_static(function.as_bytes()),
            description: None,
            flags: ScriptFlags::default(),
        };
        let name = Bytes::from_static(name.as_bytes());
        Library { name, source: Bytes::new(), body: 0, key: String::new(), functions: vec![function] }
    }

    #[test]
    fn functions_go_with_their_library() {
        let mut libraries = Libraries::default();
        libraries.put(library("a", "f"));
        assert_eq!(libraries.collision(&library("b", "F")).map(Bytes::as_ref), Some(b"F".as_ref()));
        libraries.put(library("a", "g"));
        assert!(libraries.function(b"f").is_none() && libraries.function(b"G").is_some());
        assert!(libraries.remove(b"a") && !libraries.remove(b"a"));
        assert_eq!(libraries.counts(), (0, 0));
    }
}
