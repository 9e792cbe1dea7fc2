//! Runs the scenarios of tests/contract through the crate: contract_with_cluster contract SCENARIOS...
mod calls;
mod scenario;
mod values;
mod words;

use std::sync::Arc;

use scenario::{Block, Step};

/// The steps up to the `end` of the block, or the next scenario.
fn read(lines: &[&str], number: &mut usize) -> Block {
    let mut block = Vec::new();
    while let Some(line) = lines.get(*number) {
        let line = line.trim();
        if line.starts_with("scenario ") {
            return Arc::new(block);
        }
        *number += 1;
        let at = *number;
        match line.split(' ').next().unwrap_or("") {
            "end" => return Arc::new(block),
            "watch" | "threads" | "background" | "fork" | "first" => {
                let inner = read(lines, number);
                block.push(Step { line: line.to_string(), number: at, block: inner });
            }
            "" => {}
            _ if line.starts_with('#') => {}
            _ => block.push(Step { line: line.to_string(), number: at, block: Block::default() }),
        }
    }
    Arc::new(block)
}

fn main() {
    let nodes = std::env::var("RC_TEST_NODES").unwrap_or_default();
    let (mut passed, mut all) = (0, 0);
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let lines: Vec<_> = text.lines().collect();
        let mut number = 0;
        while number < lines.len() {
            let name = lines[number].trim().strip_prefix("scenario ");
            number += 1;
            let name = match name {
                Some(name) => name,
                None => continue,
            };
            let block = read(&lines, &mut number);
            all += 1;
            match scenario::run(&block, &nodes) {
                Ok(()) => {
                    passed += 1;
                    println!("ok {name}");
                }
                Err(why) => println!("FAILED {name}: {file}: {why}"),
            }
        }
    }
    println!("contract: {passed} of {all} passed, 0 skipped");
    if passed != all || all == 0 {
        std::process::exit(1);
    }
}
