//! The tables of a file's form as a JSON Schema (draft 2020-12), for editors.

use serde_json::{Map, Value, json};

use super::shape::{Choice, Form, Key, Record, Rule};

/// The schema of files whose whole is one of these records.
pub fn json_schema(title: &str, wholes: &[&'static Record]) -> Value {
    let mut writer = Writer::default();
    let references: Vec<Value> = wholes.iter().map(|whole| writer.record(whole)).collect();
    let mut definitions: Vec<(String, Value)> = writer.done;
    definitions.sort_by(|a, b| a.0.cmp(&b.0));
    let mut schema = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title});
    match references.as_slice() {
        [one] => schema["$ref"] = one["$ref"].clone(),
        several => schema["anyOf"] = json!(several),
    }
    schema["$defs"] = Value::Object(definitions.into_iter().collect());
    schema
}

#[derive(Default)]
struct Writer {
    /// The definitions by their names; those that are being written are null.
    done: Vec<(String, Value)>,
}

impl Writer {
    /// A reference to a definition, which is written when it is first asked for. Records may hold themselves.
    fn define(&mut self, name: &str, write: impl FnOnce(&mut Writer) -> Value) -> Value {
        if !self.done.iter().any(|(known, _)| known == name) {
            self.done.push((name.into(), Value::Null));
            let written = write(self);
            if let Some(slot) = self.done.iter_mut().find(|(known, _)| known == name) {
                slot.1 = written;
            }
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn record(&mut self, record: &'static Record) -> Value {
        self.define(record.name, |writer| {
            let properties: Map<String, Value> =
                record.keys.iter().map(|key| (key.name.into(), writer.key(key))).collect();
            let required: Vec<&str> = record.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
            let mut schema = json!({
                "type": "object",
                "description": record.about,
                "properties": properties,
                "additionalProperties": false,
            });
            if !required.is_empty() {
                schema["required"] = json!(required);
            }
            let rules: Vec<Value> = record.rules.iter().map(rule).collect();
            if !rules.is_empty() {
                schema["allOf"] = json!(rules);
            }
            schema
        })
    }

    fn choice(&mut self, choice: &'static Choice) -> Value {
        self.define(choice.name, |writer| {
            let forms: Vec<Value> = choice.forms.iter().map(|form| writer.form(form)).collect();
            json!({"description": choice.about, "anyOf": forms})
        })
    }

    fn key(&mut self, key: &'static Key) -> Value {
        let mut schema = self.form(&key.form);
        schema["description"] = json!(key.about);
        schema
    }

    fn form(&mut self, form: &'static Form) -> Value {
        match form {
            Form::Text => json!({"type": "string"}),
            Form::Filled => json!({"type": "string", "pattern": "\\S"}),
            Form::Scalar | Form::Expr => json!({"type": ["string", "number", "boolean"]}),
            Form::Int(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
            Form::Bool => json!({"type": "boolean"}),
            Form::True => json!({"const": true}),
            Form::Duration => {
                json!({"type": "string", "pattern": "^\\s*([0-9]+\\.?[0-9]*|\\.[0-9]+)(us|ms|s|m|h|d)\\s*$"})
            }
            Form::Literal => json!({"type": ["string", "number", "boolean", "null", "array"]}),
            Form::Word(words) => json!({"enum": words}),
            Form::Of(record) => self.record(record),
            Form::Choice(choice) => self.choice(choice),
            Form::Any(forms) => json!({"anyOf": forms.iter().map(|form| self.form(form)).collect::<Vec<_>>()}),
            Form::List(least, item) => json!({"type": "array", "items": self.form(item), "minItems": least}),
            Form::Map(value) => json!({"type": "object", "additionalProperties": self.form(value)}),
        }
    }
}

fn rule(rule: &Rule) -> Value {
    match rule {
        Rule::AtLeastOne(keys) => {
            json!({"anyOf": keys.iter().map(|key| json!({"required": [key]})).collect::<Vec<_>>()})
        }
        Rule::AtMostOne(keys) => {
            let pairs = keys.iter().enumerate().flat_map(|(at, a)| keys[at + 1..].iter().map(move |b| (a, b)));
            json!({"not": {"anyOf": pairs.map(|(a, b)| json!({"required": [a, b]})).collect::<Vec<_>>()}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static LEAF: Record = Record {
        name: "leaf",
        about: "A leaf.",
        keys: &[
            Key::must("n", Form::Int(1, 9), "A number."),
            Key::may("more", Form::List(1, &Form::Of(&LEAF)), "More."),
        ],
        rules: &[Rule::AtLeastOne(&["n", "more"]), Rule::AtMostOne(&["n", "more"])],
    };

    #[test]
    fn a_record_that_holds_itself_is_written_once() {
        let schema = json_schema("Leaves", &[&LEAF]);
        assert_eq!(schema["$ref"], "#/$defs/leaf");
        let leaf = &schema["$defs"]["leaf"];
        assert_eq!(leaf["properties"]["more"]["items"]["$ref"], "#/$defs/leaf");
        assert_eq!(leaf["required"], json!(["n"]));
        assert_eq!(leaf["additionalProperties"], false);
        assert_eq!(leaf["allOf"][1], json!({"not": {"anyOf": [{"required": ["n", "more"]}]}}));
    }
}
