//! What came of an operation, and whether it is what the contract says.
use rediscluster::{Error, Outcome, Value};

use crate::words::Word;

pub enum Came {
    Of(Result<Value, Error>),
    Raised, // the panic of the callback came out of the call as it was made
}

pub fn check(expected: &[Word], came: &Came) -> Result<(), String> {
    if fits(expected, came) {
        return Ok(());
    }
    let wanted: Vec<_> = expected.iter().map(Word::text).collect();
    let got = match came {
        Came::Of(Ok(value)) => format!("{value:?}"),
        Came::Of(Err(error)) => format!("{error:?}"),
        Came::Raised => "raised".to_string(),
    };
    Err(format!("expected {:.300} but got {got:.300}", wanted.join(" ")))
}

fn fits(expected: &[Word], came: &Came) -> bool {
    match (expected, came) {
        ([], Came::Of(result)) => result.is_ok(),
        ([mark, what], Came::Raised) => mark.is("!") && what.is("raised"),
        ([mark, code, server_code, outcome, rest @ ..], Came::Of(Err(error))) if mark.is("!") => {
            is_error([code, server_code, outcome], error)
                && rest.iter().all(|text| error.message().contains(text.text()))
        }
        ([mark, rest @ ..], Came::Of(Ok(value))) if mark.is("=") => {
            matches(rest, value).map_or(false, <[Word]>::is_empty)
        }
        _ => false,
    }
}

fn is_error(expected: [&Word; 3], error: &Error) -> bool {
    let outcome = match error.outcome() {
        Outcome::NotSent => "NOT_SENT",
        Outcome::Refused => "REFUSED",
        Outcome::Executed => "EXECUTED",
        Outcome::Unknown => "UNKNOWN",
    };
    let said =
        [error.code().name().trim_start_matches("RC_ERR_"), error.server_code().unwrap_or("-"), outcome];
    expected.iter().zip(said).all(|(name, said)| name.is("*") || name.text() == said)
}

/// What is behind the value at the beginning of the words, if that is it.
fn matches<'a>(expected: &'a [Word], value: &Value) -> Option<&'a [Word]> {
    let (first, rest) = expected.split_first()?;
    if first.is("(") {
        let error = value.as_error()?;
        return is_error([&rest[0], &rest[1], &rest[2]], error).then(|| &rest[4..]);
    }
    if first.is("[") {
        let mut rest = rest;
        for element in value.as_slice()? {
            if rest.first()?.is("]") {
                return None;
            }
            rest = matches(rest, element)?;
        }
        return rest.first()?.is("]").then(|| &rest[1..]);
    }
    let same = if first.is("*") {
        true
    } else if first.is("nil") {
        value.is_nil()
    } else if let Some(least) = first.after(">=") {
        value.as_integer()? >= least.parse().ok()?
    } else if let Some(exact) = first.after(":") {
        value.as_integer()? == exact.parse().ok()?
    } else if let Some(status) = first.after("+") {
        *value == Value::Status(status.to_string())
    } else {
        matches!(value, Value::Bytes(bytes) if *bytes == first.bytes)
    };
    same.then_some(rest)
}
