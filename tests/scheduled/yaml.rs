//! A YAML file as values.

use serde_json::{Map, Value};
use yaml_rust2::{Yaml, YamlLoader};

/// Every document of a file.
pub(super) fn documents(text: &str) -> Vec<Value> {
    let documents = YamlLoader::load_from_str(text).unwrap_or_else(|error| panic!("{error}"));
    documents.iter().map(value).collect()
}

fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Real(text) | Yaml::String(text) => text.clone().into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Boolean(truth) => (*truth).into(),
        Yaml::Array(items) => items.iter().map(value).collect(),
        Yaml::Hash(pairs) => {
            let pairs = pairs.iter().map(|(key, of)| (key_of(key), value(of)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Yaml::Null => Value::Null,
        Yaml::Alias(_) | Yaml::BadValue => panic!("not a value: {yaml:?}"),
    }
}

fn key_of(key: &Yaml) -> String {
    key.as_str()
        .unwrap_or_else(|| panic!("not a name: {key:?}"))
        .to_owned()
}
