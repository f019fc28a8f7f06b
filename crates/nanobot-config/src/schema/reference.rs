//! The table as the reference part of `docs/configuration.md`.
//!
//! A test holds the page against this text, so the page cannot fall behind.

use super::{Field, Kind, Names, Section};
use crate::settings::table;
use crate::spelling::snake_to_camel;

/// All keys as Markdown tables: those of `config.json`, then those of `config.toml`.
pub fn reference() -> String {
    let mut rows = Vec::new();
    walk(table(), "", false, &mut rows);
    let (own, original): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.own);
    format!("### config.json\n\n{}\n### config.toml\n\n{}", markdown(&original), markdown(&own))
}

struct Row {
    own: bool,
    path: String,
    kind: String,
    default: String,
    notes: String,
}

fn walk(section: &Section, prefix: &str, own: bool, rows: &mut Vec<Row>) {
    for field in section.fields {
        let own = own || field.is_own();
        // `config.toml` is written in TOML's usual spelling.
        let name = if own { field.name.to_owned() } else { snake_to_camel(field.name) };
        let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match &field.kind {
            Kind::Section(inner) => walk(inner, &path, own, rows),
            Kind::Names(names) => walk_names(names, field, &path, own, rows),
            kind => {
                rows.push(Row {
                    own,
                    path: path.clone(),
                    kind: kind.expected(),
                    default: field.default.map_or_else(|| "required".to_owned(), |default| code(&default())),
                    notes: super::json_schema::notes(field),
                });
                if let Kind::Optional(Kind::Section(inner)) = kind {
                    walk(inner, &path, own, rows);
                }
            }
        }
    }
}

fn walk_names(names: &Names, field: &Field, path: &str, own: bool, rows: &mut Vec<Row>) {
    let built_in = super::object_or_empty(field.preset());
    let listed: Vec<String> = built_in.keys().map(|name| format!("`{name}`")).collect();
    let built_in =
        if listed.is_empty() { String::new() } else { format!(" Built in: {}.", listed.join(", ")) };
    // Names below names share a row: what they stand for is in the note.
    let (path, each) = match &names.each {
        Kind::Names(inner) => (format!("{path}.<name>.<name>"), &inner.each),
        each => (format!("{path}.<name>"), each),
    };
    rows.push(Row {
        own,
        path: path.clone(),
        kind: each.expected(),
        default: String::new(),
        notes: format!("{}{built_in}", super::json_schema::notes(field)),
    });
    if let Kind::Section(inner) = each {
        walk(inner, &path, own, rows);
    }
    if let Some((name, Kind::Section(inner))) = &names.special {
        walk(inner, &path.replace("<name>", name), own, rows);
    }
}

fn code(value: &serde_json::Value) -> String {
    format!("`{value}`")
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from("| Key | Takes | Default | Meaning |\n|---|---|---|---|\n");
    for Row { path, kind, default, notes, .. } in rows {
        let path = path.replace('<', "\\<");
        text.extend(["| ", &path, " | ", kind, " | ", default, " | ", notes, " |\n"]);
    }
    text
}
