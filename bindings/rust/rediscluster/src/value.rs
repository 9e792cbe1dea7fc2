use std::collections::HashMap;
use std::hash::Hash;
use std::os::raw::c_char;
use std::ptr;

use rediscluster_sys as sys;

use crate::{Error, ErrorCode, Outcome, Result};

/// A reply.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing: a key that is not there.
    Nil,
    /// Text such as `OK`.
    Status(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// An integer.
    Integer(i64),
    /// A list.
    Array(Vec<Value>),
    /// A command of a pipeline, transaction or script that failed.
    Error(Error),
    /// RESP3's number with a fraction.
    Double(f64),
    /// RESP3's truth value.
    Bool(bool),
    /// RESP3's map, in the server's order.
    Map(Vec<(Value, Value)>),
    /// RESP3's set.
    Set(Vec<Value>),
    /// Decimal digits.
    BigNumber(String),
}

impl Value {
    /// The reply as the type that is expected; a failed command's error otherwise.
    ///
    /// ```
    /// use rediscluster::Value;
    /// assert_eq!(Value::Bytes(b"42".to_vec()).get::<i64>().unwrap(), 42);
    /// assert_eq!(Value::Nil.get::<Option<String>>().unwrap(), None);
    /// ```
    pub fn get<T: FromValue>(self) -> Result<T> {
        match self {
            Value::Error(error) => Err(error),
            other => T::from_value(other),
        }
    }

    /// Whether it is [`Value::Nil`].
    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    /// The bytes of bytes, a status or a big number.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            Value::Status(text) | Value::BigNumber(text) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// The same as text, where it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The value of an integer.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements of an array or a set.
    pub fn as_slice(&self) -> Option<&[Value]> {
        match self {
            Value::Array(list) | Value::Set(list) => Some(list),
            _ => None,
        }
    }

    /// The error of a command that failed.
    pub fn as_error(&self) -> Option<&Error> {
        match self {
            Value::Error(error) => Some(error),
            _ => None,
        }
    }

    /// Reads a reply and frees it.
    ///
    /// # Safety
    /// `reply` is the caller's own and not NULL.
    pub(crate) unsafe fn take(reply: *mut sys::rc_reply) -> Self {
        let value = Self::read(reply);
        sys::rc_reply_free(reply);
        value
    }

    /// Replies are at most 256 deep, so this may call itself.
    pub(crate) unsafe fn read(reply: *const sys::rc_reply) -> Self {
        match sys::rc_reply_type(reply) {
            sys::RC_REPLY_STRING | sys::RC_REPLY_VERBATIM => Value::Bytes(bytes(reply).to_vec()),
            sys::RC_REPLY_STATUS => Value::Status(text(reply)),
            sys::RC_REPLY_INTEGER => Value::Integer(sys::rc_reply_integer(reply)),
            sys::RC_REPLY_NIL => Value::Nil,
            sys::RC_REPLY_ARRAY | sys::RC_REPLY_PUSH => Value::Array(elements(reply)),
            sys::RC_REPLY_SET => Value::Set(elements(reply)),
            sys::RC_REPLY_MAP => Value::Map(pairs(elements(reply))),
            sys::RC_REPLY_ERROR => Value::Error(Error::copy(sys::rc_reply_error(reply))),
            sys::RC_REPLY_DOUBLE => Value::Double(sys::rc_reply_double(reply)),
            sys::RC_REPLY_BOOL => Value::Bool(sys::rc_reply_integer(reply) != 0),
            sys::RC_REPLY_BIG_NUMBER => Value::BigNumber(text(reply)),
            _ if sys::rc_reply_string(reply, ptr::null_mut()).is_null() => Value::Nil,
            _ => Value::Bytes(bytes(reply).to_vec()), // of a later version
        }
    }
}

unsafe fn bytes<'a>(reply: *const sys::rc_reply) -> &'a [u8] {
    let mut length = 0;
    let begin: *const c_char = sys::rc_reply_string(reply, &mut length);
    if begin.is_null() {
        return &[];
    }
    std::slice::from_raw_parts(begin.cast(), length)
}

unsafe fn text(reply: *const sys::rc_reply) -> String {
    String::from_utf8_lossy(bytes(reply)).into_owned()
}

unsafe fn elements(reply: *const sys::rc_reply) -> Vec<Value> {
    (0..sys::rc_reply_length(reply)).map(|i| Value::read(sys::rc_reply_element(reply, i))).collect()
}

fn pairs(list: Vec<Value>) -> Vec<(Value, Value)> {
    let mut pairs = Vec::with_capacity(list.len() / 2);
    let mut list = list.into_iter();
    while let (Some(key), Some(value)) = (list.next(), list.next()) {
        pairs.push((key, value));
    }
    pairs
}

/// What [`Value::get`] makes of a reply.
pub trait FromValue: Sized {
    /// Converts, or says that it cannot.
    fn from_value(value: Value) -> Result<Self>;
}

fn refuse<T>(value: &Value, wanted: &str) -> Result<T> {
    let given = match value {
        Value::Nil => "nil",
        Value::Status(_) => "a status",
        Value::Bytes(_) => "bytes",
        Value::Integer(_) => "an integer",
        Value::Array(_) => "an array",
        Value::Error(_) => "an error",
        Value::Double(_) => "a double",
        Value::Bool(_) => "a bool",
        Value::Map(_) => "a map",
        Value::Set(_) => "a set",
        Value::BigNumber(_) => "a big number",
    };
    let message = format!("the reply is {given}, which is no {wanted}");
    Err(Error::new(ErrorCode::Conversion, Outcome::Executed, message))
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl FromValue for () {
    fn from_value(_: Value) -> Result<Self> {
        Ok(())
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            Value::Status(text) | Value::BigNumber(text) => Ok(text.into_bytes()),
            Value::Integer(number) => Ok(number.to_string().into_bytes()),
            other => refuse(&other, "bytes"),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bytes(bytes) => String::from_utf8(bytes)
                .or_else(|error| refuse(&Value::Bytes(error.into_bytes()), "text in UTF-8")),
            Value::Status(text) | Value::BigNumber(text) => Ok(text),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Double(number) => Ok(number.to_string()),
            other => refuse(&other, "text"),
        }
    }
}

macro_rules! numbers_from_value {
    ($($type:ty)*) => {$(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self> {
                let number = match &value {
                    Value::Integer(number) => <$type>::try_from(*number).ok(),
                    other => other.as_str().and_then(|text| text.parse().ok()),
                };
                number.map_or_else(|| refuse(&value, stringify!($type)), Ok)
            }
        }
    )*};
}
numbers_from_value! { i16 i32 i64 i128 isize u16 u32 u64 u128 usize }

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self> {
        let number = match &value {
            Value::Double(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            other => other.as_str().and_then(|text| text.parse().ok()),
        };
        number.map_or_else(|| refuse(&value, "f64"), Ok)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bool(yes) => Ok(yes),
            Value::Integer(number) => Ok(number != 0),
            other => refuse(&other, "bool"),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        if value.is_nil() {
            return Ok(None);
        }
        value.get().map(Some)
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Array(list) | Value::Set(list) => list.into_iter().map(Value::get).collect(),
            other => refuse(&other, "list"),
        }
    }
}

/// Of a map, or of an array of keys and values in turns.
impl<K: FromValue + Eq + Hash, V: FromValue> FromValue for HashMap<K, V> {
    fn from_value(value: Value) -> Result<Self> {
        let pairs = match value {
            Value::Map(pairs) => pairs,
            Value::Array(list) if list.len() % 2 == 0 => pairs(list),
            other => return refuse(&other, "map"),
        };
        pairs.into_iter().map(|(key, value)| Ok((key.get()?, value.get()?))).collect()
    }
}
