//! Documents changed in their structure, and texts changed in their bytes.

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// What is put in the place of a value.
static ODD: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let deep = |levels: usize| (0..levels).fold(json!(0), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(u32::MAX),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(-0.0),
        json!(0.1),
        json!(""),
        json!("\u{0}\n\u{1b}[2J\u{202e}\u{feff}"),
        json!("x".repeat(100_000)),
        json!("9999-12-30T22:00:00.999999999Z"),
        json!("-009999-01-02T01:59:59Z"),
        json!("1970-01-01T00:00:00Z"),
        json!("not collected"),
        json!("not_collected"),
        json!({ "known": null }),
        json!({ "known": [] }),
        json!({ "unavailable": { "operation": "", "code": "", "message": "" } }),
        json!("arn:aws:kms:eu-central-1:888899990000:key/0"),
        json!("arn:::::"),
        json!("../../../../etc/passwd"),
        json!("888899990000"),
        json!("*"),
        json!("policy+rotation+audit+byok+grant"),
        json!([]),
        json!({}),
        json!([[], {}, "", 0]),
        json!({ "": { "": {} } }),
        deep(60),
        deep(200),
    ]
});

/// What is put into a text.
const PIECES: &[&[u8]] = &[
    b"\"\\ud800\"",
    b"\\u0000",
    b"1e999",
    b"-1e999",
    b"NaN",
    b"Infinity",
    b"99999999999999999999999999999999999999",
    b"0.00000000000000000000000000000000000000000000000001",
    b"{\"a\":1,\"a\":2}",
    b",\"region\":\"eu-west-1\"",
    b"\xff\xfe\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\\",
    b"'''",
    b"[[",
    b"}}",
    b"a.b.c.d = 1\n",
];

/// A change in the structure of a document: which value, and what becomes of it.
#[derive(Clone, Debug)]
pub enum Change {
    Replace(Index, Index),
    Remove(Index),
    Add(Index, Index),
    Double(Index),
}

/// A change in the bytes of a text.
#[derive(Clone, Debug)]
pub enum Edit {
    Byte(Index, u8),
    Insert(Index, Index),
    Cut(Index, Index),
    Truncate(Index),
    Deep(Index, bool),
    Long(Index, u8),
    Repeat,
}

pub fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        6 => any::<(Index, Index)>().prop_map(|(at, odd)| Change::Replace(at, odd)),
        2 => any::<Index>().prop_map(Change::Remove),
        1 => any::<(Index, Index)>().prop_map(|(at, odd)| Change::Add(at, odd)),
        1 => any::<Index>().prop_map(Change::Double),
    ];
    vec(change, 1..4)
}

pub fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        4 => any::<(Index, u8)>().prop_map(|(at, byte)| Edit::Byte(at, byte)),
        4 => any::<(Index, Index)>().prop_map(|(at, piece)| Edit::Insert(at, piece)),
        2 => any::<(Index, Index)>().prop_map(|(from, to)| Edit::Cut(from, to)),
        1 => any::<Index>().prop_map(Edit::Truncate),
        1 => any::<(Index, bool)>().prop_map(|(at, lists)| Edit::Deep(at, lists)),
        1 => any::<(Index, u8)>().prop_map(|(at, byte)| Edit::Long(at, byte)),
        1 => Just(Edit::Repeat),
    ];
    vec(edit, 1..4)
}

pub fn changed(document: &Value, changes: &[Change]) -> Value {
    let mut document = document.clone();
    for change in changes {
        let odd = |odd: &Index| odd.get(&ODD).clone();
        let (Change::Replace(at, _) | Change::Remove(at) | Change::Add(at, _) | Change::Double(at)) = change;
        let mut position = at.index(count(&document));
        let Some(place) = place(&mut document, &mut position) else {
            continue;
        };
        match (change, place) {
            (Change::Replace(_, with), place) => *place = odd(with),
            (Change::Remove(_), Value::Array(items)) => drop(items.pop()),
            (Change::Remove(at), Value::Object(fields)) if !fields.is_empty() => {
                let name = fields.keys().nth(at.index(fields.len())).unwrap().clone();
                fields.remove(&name);
            }
            (Change::Add(_, with), Value::Array(items)) => items.push(odd(with)),
            (Change::Add(_, with), Value::Object(fields)) => drop(fields.insert("more".to_owned(), odd(with))),
            (Change::Double(_), Value::Array(items)) => items.extend(items.clone()),
            (Change::Double(_), Value::String(text)) => text.push_str(&text.clone()),
            (_, place) => *place = Value::Null,
        }
    }
    document
}

fn count(document: &Value) -> usize {
    1 + match document {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

fn place<'d>(document: &'d mut Value, position: &mut usize) -> Option<&'d mut Value> {
    if *position == 0 {
        return Some(document);
    }
    *position -= 1;
    match document {
        Value::Array(items) => items.iter_mut().find_map(|item| place(item, position)),
        Value::Object(fields) => fields.values_mut().find_map(|field| place(field, position)),
        _ => None,
    }
}

pub fn edited(text: &[u8], edits: &[Edit]) -> Vec<u8> {
    const DEEP: usize = 100_000;
    let mut text = text.to_vec();
    for edit in edits {
        let at = |at: &Index| at.index(text.len() + 1);
        match edit {
            Edit::Byte(place, byte) => {
                let at = at(place);
                if let Some(place) = text.get_mut(at) {
                    *place = *byte;
                }
            }
            Edit::Insert(place, piece) => {
                let at = at(place);
                text.splice(at..at, piece.get(PIECES).iter().copied());
            }
            Edit::Cut(from, to) => {
                let (from, to) = (at(from), at(to));
                text.drain(from.min(to)..from.max(to));
            }
            Edit::Truncate(place) => text.truncate(at(place)),
            Edit::Deep(place, lists) => {
                let (at, piece) = (at(place), if *lists { &b"["[..] } else { b"{\"a\":" });
                text.splice(at..at, piece.repeat(DEEP));
            }
            Edit::Long(place, byte) => {
                let at = at(place);
                text.splice(at..at, vec![*byte; DEEP]);
            }
            Edit::Repeat => text.extend(text.clone()),
        }
    }
    text
}

/// A text that is a document with changes in it, then with changes in its bytes, or is no document at all.
#[derive(Clone, Debug)]
pub enum Mutation {
    Structure(Vec<Change>),
    Bytes(Vec<Edit>),
    Both(Vec<Change>, Vec<Edit>),
    Random(Vec<u8>),
}

pub fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        6 => changes().prop_map(Mutation::Structure),
        3 => edits().prop_map(Mutation::Bytes),
        1 => (changes(), edits()).prop_map(|(changes, edits)| Mutation::Both(changes, edits)),
        1 => vec(any::<u8>(), 0..200).prop_map(Mutation::Random),
    ]
}

impl Mutation {
    /// The mutated text of a document, which `write` makes into text.
    pub fn of(&self, document: &Value, write: impl Fn(&Value) -> Vec<u8>) -> Vec<u8> {
        match self {
            Mutation::Structure(changes) => write(&changed(document, changes)),
            Mutation::Bytes(edits) => edited(&write(document), edits),
            Mutation::Both(changes, edits) => edited(&write(&changed(document, changes)), edits),
            Mutation::Random(bytes) => bytes.clone(),
        }
    }
}
