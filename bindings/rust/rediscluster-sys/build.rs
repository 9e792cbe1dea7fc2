//! Asks pkg-config where librediscluster is. PKG_CONFIG names the program, PKG_CONFIG_PATH the folders.
use std::env;
use std::process::{exit, Command};

fn main() {
    for variable in ["PKG_CONFIG", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_SYSROOT_DIR"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    if env::var_os("DOCS_RS").is_some() {
        return; // documents are made without the library
    }
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".to_string());
    for flag in ask(&program, &["--libs", "rediscluster >= 1.0.0"]).split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib=dylib={library}");
        }
    }
    println!("cargo:include={}", ask(&program, &["--variable=includedir", "rediscluster"]).trim());
}

fn ask(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => fail(&format!(
            "{program} does not know rediscluster: install the C library, or tell its folder of .pc files by \
             PKG_CONFIG_PATH\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
        Err(error) => fail(&format!("cannot run {program}: {error}: install pkg-config")),
    }
}

fn fail(why: &str) -> ! {
    eprintln!("rediscluster-sys: {why}");
    exit(1);
}
