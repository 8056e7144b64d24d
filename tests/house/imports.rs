//! Which file of the library uses which other one, as its imports and paths say.
//!
//! A name is followed through `pub use` to the file that defines it. A re-export itself is no use: a `mod.rs` that
//! lists what a folder offers does not depend on it. Code for tests does not count.

use proc_macro2::{TokenStream, TokenTree};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use syn::{Attribute, Item, ItemUse, UseTree, Visibility, visit::Visit};

/// From each file to the files that it uses; paths are relative to the source folder, with `/`.
pub(super) type Uses = BTreeMap<String, BTreeSet<String>>;

type Names = Vec<String>;

#[derive(Default)]
struct Module {
    file: String,
    /// Names that another module defines, and where.
    renamed: BTreeMap<String, Names>,
    /// Modules whose public names are all offered here.
    globs: Vec<Names>,
    /// Paths that code in this module names, absolute.
    named: BTreeSet<Names>,
}

#[derive(Default)]
struct Tree {
    modules: BTreeMap<Names, Module>,
}

/// Reads every file that is reached from `lib.rs`.
pub(super) fn uses(source: &Path) -> Uses {
    let mut tree = Tree::default();
    tree.read(source, &source.join("lib.rs"), Vec::new());
    let mut uses = Uses::new();
    for module in tree.modules.values() {
        let found = uses.entry(module.file.clone()).or_default();
        for path in &module.named {
            let defining = tree.defining_file(path, 0);
            found.extend(defining.filter(|file| *file != module.file));
        }
    }
    uses
}

impl Tree {
    fn read(&mut self, source: &Path, file: &Path, path: Names) {
        let text =
            fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let name = file
            .strip_prefix(source)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        self.items(source, file, &name, path, &parsed.items);
    }

    fn items(&mut self, source: &Path, file: &Path, name: &str, path: Names, items: &[Item]) {
        let children: BTreeSet<String> = items
            .iter()
            .filter_map(|item| match item {
                Item::Mod(module) if !for_tests(&module.attrs) => Some(module.ident.to_string()),
                _ => None,
            })
            .collect();
        let mut module = Module {
            file: name.to_owned(),
            ..Module::default()
        };
        for item in items {
            match item {
                Item::Mod(child) => {
                    if for_tests(&child.attrs) {
                        continue;
                    }
                    let mut inner = path.clone();
                    inner.push(child.ident.to_string());
                    match &child.content {
                        Some((_, content)) => self.items(source, file, name, inner, content),
                        None => {
                            self.read(source, &child_file(file, &child.ident.to_string()), inner);
                        }
                    }
                }
                Item::Use(line) if !for_tests(&line.attrs) => module.import(line, &path, &children),
                Item::Use(_) => {}
                other => {
                    if !item_attrs(other).is_some_and(for_tests) {
                        let mut seen = Paths {
                            here: &path,
                            found: &mut module.named,
                        };
                        seen.visit_item(other);
                    }
                }
            }
        }
        self.modules.insert(path, module);
    }

    /// The file that defines what a path names.
    fn defining_file(&self, path: &[String], depth: usize) -> Option<String> {
        assert!(depth < 20, "re-exports go round at {path:?}");
        let mut at: Names = Vec::new();
        for (index, name) in path.iter().enumerate() {
            let module = self.modules.get(&at)?;
            let mut inner = at.clone();
            inner.push(name.clone());
            if self.modules.contains_key(&inner) {
                at = inner;
                continue;
            }
            let rest = &path[index + 1..];
            if let Some(target) = module.renamed.get(name) {
                let mut full = target.clone();
                full.extend_from_slice(rest);
                if full != path {
                    return self.defining_file(&full, depth + 1);
                }
            }
            return Some(module.file.clone());
        }
        self.modules.get(&at).map(|module| module.file.clone())
    }
}

impl Module {
    fn import(&mut self, line: &ItemUse, here: &[String], children: &BTreeSet<String>) {
        let mut found = Vec::new();
        flatten(&line.tree, &mut Vec::new(), &mut found);
        let offered = !matches!(line.vis, Visibility::Inherited);
        for (names, shown) in found {
            let Some(path) = absolute(&names, here, children) else {
                continue;
            };
            if shown == "*" {
                self.globs.push(path.clone());
            } else {
                self.renamed.insert(shown, path.clone());
            }
            if !offered {
                self.named.insert(path);
            }
        }
    }
}

/// The paths of an import, each with the name that it has here.
fn flatten(tree: &UseTree, before: &mut Names, found: &mut Vec<(Names, String)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => {
            let mut full = before.clone();
            if name.ident != "self" {
                full.push(name.ident.to_string());
            }
            let shown = full.last().cloned().unwrap_or_default();
            found.push((full, shown));
        }
        UseTree::Rename(name) => {
            let mut full = before.clone();
            if name.ident != "self" {
                full.push(name.ident.to_string());
            }
            found.push((full, name.rename.to_string()));
        }
        UseTree::Glob(_) => found.push((before.clone(), "*".into())),
        UseTree::Group(group) => group
            .items
            .iter()
            .for_each(|tree| flatten(tree, before, found)),
    }
}

/// The path from the root of the library; none for other crates.
fn absolute(names: &[String], here: &[String], children: &BTreeSet<String>) -> Option<Names> {
    let first = names.first()?;
    let mut rest = names;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => here.to_vec(),
        name if children.contains(name) => {
            let mut full = here.to_vec();
            full.extend_from_slice(names);
            return Some(full);
        }
        _ => return None,
    };
    if first == "super" {
        while rest.first().is_some_and(|name| name == "super") {
            base.pop();
            rest = &rest[1..];
        }
    } else {
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// The paths that code names without importing them.
struct Paths<'a> {
    here: &'a [String],
    found: &'a mut BTreeSet<Names>,
}

impl Paths<'_> {
    fn add(&mut self, names: &[String]) {
        // `pub(crate)` is a path as well, and uses nothing.
        if names.len() > 1
            && let Some(path) = absolute(names, self.here, &BTreeSet::new())
        {
            self.found.insert(path);
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut names: Names = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 && !names.is_empty() {
                        self.add(&std::mem::take(&mut names));
                    }
                    names.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.add(&std::mem::take(&mut names));
                    self.tokens(group.stream());
                }
                _ => self.add(&std::mem::take(&mut names)),
            }
        }
        self.add(&names);
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Names = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        self.add(&names);
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !item_attrs(item).is_some_and(for_tests) {
            syn::visit::visit_item(self, item);
        }
    }
}

fn for_tests(attrs: impl AsRef<[Attribute]>) -> bool {
    attrs.as_ref().iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

fn item_attrs(item: &Item) -> Option<&Vec<Attribute>> {
    match item {
        Item::Fn(item) => Some(&item.attrs),
        Item::Impl(item) => Some(&item.attrs),
        Item::Struct(item) => Some(&item.attrs),
        Item::Const(item) => Some(&item.attrs),
        Item::Mod(item) => Some(&item.attrs),
        Item::Use(item) => Some(&item.attrs),
        _ => None,
    }
}

fn child_file(file: &Path, child: &str) -> PathBuf {
    let folder = file.parent().unwrap();
    let stem = file.file_stem().unwrap().to_str().unwrap();
    let folder = if ["mod", "lib", "main"].contains(&stem) {
        folder.to_owned()
    } else {
        folder.join(stem)
    };
    let flat = folder.join(format!("{child}.rs"));
    if flat.exists() {
        flat
    } else {
        folder.join(child).join("mod.rs")
    }
}

/// Groups of files that use each other in a circle.
pub(super) fn circles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let reach = |from: &String| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(file) = open.pop() {
            for next in uses.get(file).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        uses.keys().map(|file| (file, reach(file))).collect();
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for file in uses.keys() {
        if found.iter().any(|circle| circle.contains(file)) || !reached[file].contains(file) {
            continue;
        }
        found.push(
            uses.keys()
                .filter(|other| reached[file].contains(*other) && reached[*other].contains(file))
                .cloned()
                .collect(),
        );
    }
    found
}
