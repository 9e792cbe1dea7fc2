//! Lines of the contract as words.
use std::collections::BTreeMap;

/// A quoted one is no mark.
#[derive(Clone, Debug)]
pub struct Word {
    pub bytes: Vec<u8>,
    pub quoted: bool,
}

impl Word {
    pub fn is(&self, mark: &str) -> bool {
        !self.quoted && self.bytes == mark.as_bytes()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap_or("(not UTF-8)")
    }

    /// What is behind a mark that it begins with.
    pub fn after(&self, mark: &str) -> Option<&str> {
        if self.quoted {
            return None;
        }
        self.text().strip_prefix(mark).filter(|rest| !rest.is_empty())
    }
}

impl AsRef<[u8]> for Word {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

pub type Variables = BTreeMap<String, String>;

pub fn substitute(line: &str, variables: &Variables) -> String {
    let mut line = line.to_string();
    for (name, value) in variables {
        line = line.replace(&format!("${{{name}}}"), value);
    }
    line
}

pub fn split(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start_matches(' ');
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (bytes, length) =
                unquote(quoted.as_bytes()).ok_or_else(|| format!("a wrong quote: {line:.80}"))?;
            words.push(Word { bytes, quoted: true });
            rest = &quoted[length..];
        } else {
            let end = rest.find(' ').unwrap_or(rest.len());
            words.push(repeated(&rest[..end]));
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(' ');
    }
    Ok(words)
}

/// Makes `~3:ab` ababab, which is no mark.
fn repeated(text: &str) -> Word {
    let parts = text.strip_prefix('~').and_then(|text| text.split_once(':'));
    match parts.and_then(|(count, text)| Some((count.parse::<usize>().ok()?, text))) {
        Some((count, text)) => Word { bytes: text.repeat(count).into_bytes(), quoted: true },
        None => Word { bytes: text.into(), quoted: false },
    }
}

/// The bytes up to the closing quote, and where that ends.
fn unquote(from: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut to = Vec::new();
    let mut i = 0;
    loop {
        let byte = *from.get(i)?;
        i += 1;
        match byte {
            b'"' => return Some((to, i)),
            b'\\' => {
                let escape = *from.get(i)?;
                i += 1;
                to.push(match escape {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'\\' | b'"' => escape,
                    b'x' => {
                        let digits = std::str::from_utf8(from.get(i..i + 2)?).ok()?;
                        i += 2;
                        u8::from_str_radix(digits, 16).ok()?
                    }
                    _ => return None,
                });
            }
            other => to.push(other),
        }
    }
}
