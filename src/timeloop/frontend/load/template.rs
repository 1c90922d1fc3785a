//! Renders a file with the template language of the exercises (Jinja) before it is read as YAML.
//!
//! Functions: `cwd()`, `include(path, 'a.b')`, `include_all(pattern, 'a')`, `include_text(path)`, `find_path(path)`,
//! `find_paths(pattern)`, `path_exists(path)`, `add_to_path(path)`, `setenv(name, value)`. Included *documents* are loaded
//! at once and leave a tag `!include_loaded N.a.b` in the text; included *text* is rendered and pasted.

use super::budget::{FILE_BYTES, TEMPLATE_FUEL, too_large};
use super::files::{Frame, read_text};
use super::tree::Node;
use super::{load_document, paths};
use crate::timeloop::frontend::error::{ErrorKind, FrontendError, Place};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Documents loaded by `include` while a text was rendered.
pub(super) type Loaded = Arc<Mutex<Vec<Vec<Node>>>>;

/// Renders one file. Plain YAML passes through untouched.
pub(super) fn render(text: &str, frame: &Arc<Frame>, loaded: &Loaded) -> Result<String, FrontendError> {
    if !super::is_template(text) {
        return Ok(text.to_owned());
    }
    // The first error below an include function; the template engine can only carry text.
    let failure: Arc<Mutex<Option<FrontendError>>> = Arc::default();
    let environment = environment(frame, loaded, &failure);
    let mut out = Limited { bytes: Vec::new(), full: false };
    let rendered = environment
        .template_from_named_str(&frame.name, text)
        .inspect(|template| frame.session.note_used(template.undeclared_variables(false)))
        .and_then(|template| {
            template.render_captured_to(Value::from(Serde(&frame.session.variables)), &mut out).map(drop)
        });
    let place = || Place::file(&frame.name);
    if let Some(error) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    if out.full {
        return Err(FrontendError::new(place(), too_large("the size of a rendered template in bytes", FILE_BYTES)));
    }
    rendered.map_err(|error| {
        let kind = match error.kind() {
            minijinja::ErrorKind::OutOfFuel => too_large("the work of a template in steps", TEMPLATE_FUEL),
            _ => undefined(text, frame, &environment, &error).unwrap_or_else(|| ErrorKind::Template(error.to_string())),
        };
        FrontendError::new(place().on_line(error.line()), kind)
    })?;
    String::from_utf8(out.bytes)
        .map_err(|_| FrontendError::new(place(), ErrorKind::Template("the result is not UTF-8".into())))
}

/// What a template uses that nothing defines, if that is what an error is about: on its line, or else anywhere.
fn undefined(text: &str, frame: &Frame, environment: &Environment, error: &Error) -> Option<ErrorKind> {
    // An operator on an undefined value is an error of the operator.
    if error.kind() != minijinja::ErrorKind::UndefinedError && !error.detail()?.contains("undefined") {
        return None;
    }
    let template = environment.template_from_str(text).ok()?;
    let is_defined = |name: &str| {
        frame.session.variables.contains_key(name) || environment.globals().any(|(known, _)| known == name)
    };
    let mut names: Vec<String> =
        template.undeclared_variables(false).into_iter().filter(|name| !is_defined(name)).collect();
    names.sort_unstable();
    let line = error.line().and_then(|line| text.lines().nth(line - 1)).unwrap_or_default();
    let words: Vec<&str> = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    if names.iter().any(|name| words.contains(&name.as_str())) {
        names.retain(|name| words.contains(&name.as_str()));
    }
    (!names.is_empty()).then_some(ErrorKind::UndefinedVariable(names))
}

fn environment<'e>(
    frame: &Arc<Frame>,
    loaded: &Loaded,
    failure: &Arc<Mutex<Option<FrontendError>>>,
) -> Environment<'e> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(TEMPLATE_FUEL));
    let calls = Calls { frame: Arc::clone(frame), loaded: Arc::clone(loaded), failure: Arc::clone(failure) };

    let directory = frame.directory.display().to_string();
    environment.add_function("cwd", move || directory.clone());
    let c = calls.clone();
    environment.add_function("include", move |path: String, key: Option<String>| c.include(&path, key, true));
    let c = calls.clone();
    environment.add_function("include_all", move |path: String, key: Option<String>| c.include(&path, key, false));
    let c = calls.clone();
    environment.add_function("include_text", move |path: String| c.include_text(&path));
    let c = calls.clone();
    environment.add_function("find_path", move |path: String| {
        c.keep(paths::find_one(&path, &c.frame.search()).map(|found| found.display().to_string()))
    });
    let c = calls.clone();
    environment.add_function("find_paths", move |path: String| {
        let found = c.keep(paths::find_all(&path, &c.frame.search()))?;
        Ok::<_, Error>(found.iter().map(|p| p.display().to_string()).collect::<Vec<_>>())
    });
    let c = calls.clone();
    environment.add_function("path_exists", move |path: String| paths::find_all(&path, &c.frame.search()).is_ok());
    let c = calls.clone();
    environment.add_function("add_to_path", move |path: String| {
        let found = c.keep(paths::find_all(&path, &c.frame.search()))?;
        c.frame.added.lock().unwrap_or_else(PoisonError::into_inner).extend(found);
        Ok::<_, Error>(String::new())
    });
    // The environment of this process stays as it is: nothing here reads it.
    environment.add_function("setenv", |_: String, _: Value| String::new());
    let c = calls;
    environment.set_loader(move |name| {
        let found = c.keep(paths::find_one(name, &c.frame.search()))?;
        c.keep_error(read_text(&found, &c.frame.session).map(|(text, _)| Some(text)))
    });
    environment
}

#[derive(Clone)]
struct Calls {
    frame: Arc<Frame>,
    loaded: Loaded,
    failure: Arc<Mutex<Option<FrontendError>>>,
}

impl Calls {
    fn keep<T>(&self, result: Result<T, ErrorKind>) -> Result<T, Error> {
        self.keep_error(result.map_err(|kind| FrontendError::new(Place::file(&self.frame.name), kind)))
    }

    fn keep_error<T>(&self, result: Result<T, FrontendError>) -> Result<T, Error> {
        result.map_err(|error| {
            let text = error.to_string();
            self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            Error::new(minijinja::ErrorKind::InvalidOperation, text)
        })
    }

    fn find(&self, path: &str) -> Result<Vec<PathBuf>, Error> {
        self.keep(paths::find_all(path, &self.frame.search()))
    }

    fn include(&self, path: &str, key: Option<String>, single: bool) -> Result<String, Error> {
        let files = self.find(path)?;
        if single && files.len() > 1 {
            return self.keep(Err(ErrorKind::ManyFound { wanted: path.into(), count: files.len() }));
        }
        let mut documents = Vec::new();
        for file in &files {
            documents.push(self.keep_error(load_document(file, &self.frame, 0))?);
        }
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.push(documents);
        let key = key.unwrap_or_default();
        let key = key.trim_start_matches('.');
        let dot = if key.is_empty() { "" } else { "." };
        Ok(format!("!include_loaded _{}{dot}{key}", loaded.len() - 1))
    }

    fn include_text(&self, path: &str) -> Result<String, Error> {
        let mut texts = Vec::new();
        for file in self.find(path)? {
            let frame = self.keep_error(self.frame.enter(&file, 0))?;
            let (text, _) = self.keep_error(read_text(&file, &frame.session))?;
            texts.push(self.keep_error(render(&text, &frame, &self.loaded))?);
        }
        Ok(texts.join("\n"))
    }
}

/// A buffer that refuses to grow beyond the largest permitted file.
struct Limited {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for Limited {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() + chunk.len()) as u64 > FILE_BYTES {
            self.full = true;
            return Err(io::Error::other("output too large"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
