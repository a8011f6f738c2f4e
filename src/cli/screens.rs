//! The screens.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use crate::lesson::Store;
use crate::session::{self, Handle, Library, RaceRequest, Request, SessionOptions, SharedStore, What};
use crate::target::TargetSpec;
use crate::tui::{self, Setup, Shelf};

use super::args::Common;
use super::exit::{Ended, Exit, Failure};
use super::setup::{block_on, colours};
use super::watched::Watched;

/// Opens the screens.
pub fn open(common: &Common, what: Option<What>, variant: Option<String>) -> Ended {
    let stock = Arc::new(Stock { folder: common.content.clone(), target: common.spec(), ..Stock::default() });
    if let Some(what) = &what {
        stock.check(what, variant.as_deref())?;
    }
    let colours = colours(common.color);
    let (opener, reader) = (stock.clone(), stock);
    let mut variant = variant;
    show(Setup {
        open: Box::new(move |what| opener.open(what, variant.take())),
        shelf: Arc::new(move || reader.shelf()),
        start: what,
        watch: None,
        colours,
    })
}

/// Opens a lesson's file and reads it again whenever it is saved.
pub fn watch(common: &Common, file: &Path) -> Ended {
    let progress = OnceLock::from(Arc::new(Mutex::new(Store::in_memory())));
    let stock = Arc::new(Stock { folder: common.content.clone(), target: common.spec(), progress, ..Stock::default() });
    let mut watched = Watched::open(file, common, stock.progress().clone())?;
    let (opener, reader) = (stock.clone(), stock);
    show(Setup {
        open: Box::new(move |what| opener.open(what, None)),
        shelf: Arc::new(move || reader.shelf()),
        start: None,
        watch: Some(Box::new(move || watched.look())),
        colours: colours(common.color),
    })
}

fn show(setup: Setup) -> Ended {
    match block_on(async { Ok(tui::run(setup).await) })? {
        Ok(()) => Ok(Exit::Fine),
        Err(tui::Error::Signal { number, .. }) => Ok(Exit::Signal(number)),
        Err(error) => Err(Failure::usage(error.to_string())),
    }
}

/// What sessions are made of. It is read when it is first needed, which is after the first frame.
#[derive(Default)]
struct Stock {
    folder: Option<PathBuf>,
    target: TargetSpec,
    library: OnceLock<(Arc<Library>, Vec<String>)>,
    progress: OnceLock<SharedStore>,
}

impl Stock {
    fn library(&self) -> &(Arc<Library>, Vec<String>) {
        self.library.get_or_init(|| {
            let (library, complaints) = Library::load(self.folder.as_deref());
            (Arc::new(library), complaints)
        })
    }

    fn progress(&self) -> &SharedStore {
        self.progress.get_or_init(|| Arc::new(Mutex::new(Store::open())))
    }

    /// What was asked for by name has to be there.
    fn check(&self, what: &What, variant: Option<&str>) -> Result<(), Failure> {
        let library = &self.library().0;
        match what {
            What::Play => Ok(()),
            What::Lesson(id) => library.lesson(id).map(drop).map_err(Failure::usage),
            What::Race(id) => {
                let scenario = library.scenario(id).map_err(Failure::usage)?;
                let Some(wanted) = variant else { return Ok(()) };
                let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
                if names.contains(&wanted) {
                    return Ok(());
                }
                let known = names.join(", ");
                let wanted = crate::resp::printable(wanted.as_bytes(), 80);
                Err(Failure::usage(format!("the scenario {id} has no variant {wanted}: there are {known}")))
            }
        }
    }

    fn open(&self, what: What, variant: Option<String>) -> Handle {
        let library = self.library().0.clone();
        let variant = match (&what, variant) {
            (What::Race(id), Some(name)) => library
                .scenario(id)
                .ok()
                .and_then(|scenario| scenario.variants.iter().position(|variant| variant.name == name)),
            _ => None,
        };
        let options = SessionOptions { target: self.target.clone(), library, progress: Some(self.progress().clone()) };
        let handle = session::open(what, options);
        if let Some(index) = variant {
            // A session that is over by then has said why.
            let _ = handle.requests.send(Request::Race(RaceRequest::Variant(index)));
        }
        handle
    }

    fn shelf(&self) -> Shelf {
        let (library, complaints) = self.library();
        let catalogue = library.catalogue();
        let mut shelf = Shelf { catalogue, notices: complaints.clone(), ..Shelf::default() };
        if let Ok(mut store) = self.progress().lock() {
            shelf.notices.extend(store.take_notices());
            let ids = shelf.catalogue.lessons.iter().map(|lesson| lesson.id.clone());
            shelf.progress = ids.map(|id| (id.clone(), store.lesson(&id))).collect();
            let known = shelf.progress.iter();
            let mastery = known.filter_map(|(id, progress)| Some((id.clone(), library.mastery(id, &progress.used)?)));
            shelf.mastery = mastery.collect();
        }
        shelf
    }
}
