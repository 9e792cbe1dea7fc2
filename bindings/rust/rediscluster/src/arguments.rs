use std::borrow::Cow;
use std::os::raw::c_char;
use std::ptr;

/// What may be an argument of a [`Command`]: bytes, text, or a number, which is written in digits.
pub trait Argument {
    /// Appends the argument's bytes.
    fn append_to(&self, bytes: &mut Vec<u8>);
}

macro_rules! argument_of_bytes {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            fn append_to(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(self.as_ref());
            }
        }
    )*};
}
argument_of_bytes! { str String [u8] Vec<u8> }

macro_rules! argument_of_digits {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            fn append_to(&self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(self.to_string().as_bytes());
            }
        }
    )*};
}
argument_of_digits! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 char }

impl<const N: usize> Argument for [u8; N] {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
}

/// 1 or 0.
impl Argument for bool {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        bytes.push(b'0' + u8::from(*self));
    }
}

impl<T: Argument + ?Sized> Argument for &T {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        (**self).append_to(bytes);
    }
}

impl<T: Argument + ToOwned + ?Sized> Argument for Cow<'_, T> {
    fn append_to(&self, bytes: &mut Vec<u8>) {
        (**self).append_to(bytes);
    }
}

/// A command and its arguments, of any types: see [`cmd!`](crate::cmd).
///
/// ```
/// use rediscluster::{cmd, Command};
/// let command = Command::new("SET").arg("k").arg(5);
/// assert_eq!(command, cmd!["SET", "k", 5]);
/// assert_eq!(command, Command::from(["SET", "k", "5"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Command {
    bytes: Vec<u8>,
    ends: Vec<usize>, // of each argument, in the bytes
}

impl Command {
    /// A command without arguments yet.
    pub fn new(name: impl Argument) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new() }.arg(name)
    }

    /// Appends an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Argument) -> Self {
        self.push(argument);
        self
    }

    /// Appends an argument.
    pub fn push(&mut self, argument: impl Argument) {
        argument.append_to(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }
}

impl<A: Argument> Extend<A> for Command {
    fn extend<I: IntoIterator<Item = A>>(&mut self, arguments: I) {
        for argument in arguments {
            self.push(argument);
        }
    }
}

impl<A: Argument> FromIterator<A> for Command {
    fn from_iter<I: IntoIterator<Item = A>>(arguments: I) -> Self {
        let mut command = Self { bytes: Vec::new(), ends: Vec::new() };
        command.extend(arguments);
        command
    }
}

impl<A: Argument, const N: usize> From<[A; N]> for Command {
    fn from(arguments: [A; N]) -> Self {
        arguments.into_iter().collect()
    }
}

/// A [`Command`] of arguments of different types.
///
/// ```
/// let command = rediscluster::cmd!["HSET", "k", "field", 2.5, b"\x00\xff"];
/// # assert_eq!(command, rediscluster::Command::new("HSET").arg("k").arg("field").arg("2.5").arg(b"\x00\xff"));
/// ```
#[macro_export]
macro_rules! cmd {
    ($name:expr $(, $argument:expr)* $(,)?) => {
        $crate::Command::new($name)$(.arg($argument))*
    };
}

/// What may be sent as a command, or be the keys of a watch: arrays, slices and vectors of texts or bytes, and
/// [`Command`]s.
pub trait Arguments {
    /// How many.
    fn count(&self) -> usize;
    /// The bytes of one of them.
    fn argument(&self, i: usize) -> &[u8];
}

impl<A: AsRef<[u8]>> Arguments for [A] {
    fn count(&self) -> usize {
        self.len()
    }
    fn argument(&self, i: usize) -> &[u8] {
        self[i].as_ref()
    }
}

impl<A: AsRef<[u8]>, const N: usize> Arguments for [A; N] {
    fn count(&self) -> usize {
        N
    }
    fn argument(&self, i: usize) -> &[u8] {
        self[i].as_ref()
    }
}

impl<A: AsRef<[u8]>> Arguments for Vec<A> {
    fn count(&self) -> usize {
        self.len()
    }
    fn argument(&self, i: usize) -> &[u8] {
        self[i].as_ref()
    }
}

impl Arguments for Command {
    fn count(&self) -> usize {
        self.ends.len()
    }
    fn argument(&self, i: usize) -> &[u8] {
        let begin = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.bytes[begin..self.ends[i]]
    }
}

impl<T: Arguments + ?Sized> Arguments for &T {
    fn count(&self) -> usize {
        (**self).count()
    }
    fn argument(&self, i: usize) -> &[u8] {
        (**self).argument(i)
    }
}

/// Calls `call` with the arguments as the C API takes them.
pub(crate) fn with_argv<A, R, F>(arguments: &A, call: F) -> R
where
    A: Arguments + ?Sized,
    F: FnOnce(usize, *const *const c_char, *const usize) -> R,
{
    const FEW: usize = 12; // need no allocation
    let count = arguments.count();
    if count <= FEW {
        let mut argv = [ptr::null(); FEW];
        let mut lengths = [0; FEW];
        fill(arguments, &mut argv[..count], &mut lengths[..count]);
        return call(count, argv.as_ptr(), lengths.as_ptr());
    }
    let mut argv = vec![ptr::null(); count];
    let mut lengths = vec![0; count];
    fill(arguments, &mut argv, &mut lengths);
    call(count, argv.as_ptr(), lengths.as_ptr())
}

fn fill<A: Arguments + ?Sized>(arguments: &A, argv: &mut [*const c_char], lengths: &mut [usize]) {
    for i in 0..argv.len() {
        let bytes = arguments.argument(i);
        argv[i] = bytes.as_ptr().cast();
        lengths[i] = bytes.len();
    }
}
