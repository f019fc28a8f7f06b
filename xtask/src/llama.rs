//! Builds llama.cpp's `llama-server`, the real OpenAI-compatible server of the tests, once per machine.
//!
//! The source is the `llama-cpp-python` sdist on PyPI, which carries the whole of llama.cpp. The finished
//! binary stays in the user's cache folder, outside `target`, so neither `cargo clean` nor another checkout
//! costs a rebuild. This module does not start the server and does not know the models; see
//! `tests/fixtures/llm`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::cache::{self, NETWORK, PIP, Step};
use crate::progress::step;

/// The environment variable that tells the tests where the server is.
pub(crate) const SERVER_VARIABLE: &str = "NANOBOT_LLAMA_SERVER";

const VERSION: &str = "0.3.36";

/// What pip may download, and nothing else: the sdist (76.6 MB) as PyPI served it on 2026-11-26.
const SDIST_REQUIREMENT: &str = "llama-cpp-python==0.3.36 \
    --hash=sha256:832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e\n";

/// The build tools come from PyPI too, so that Debian needs only `python3-venv` and `g++`.
const BUILD_TOOLS: [&str; 2] = ["cmake==4.4.5", "ninja==1.13.2"];

/// Compiles several source files as one: most of the time goes into reading the same big headers again and
/// again. Left out are three files that do not bear company. Runs when cmake has read the whole project.
const UNITY_BUILD: &str = r"file(GLOB core src/*.cpp)
cmake_language(DEFER CALL set_source_files_properties ${core}
  TARGET_DIRECTORY llama PROPERTIES SKIP_UNITY_BUILD_INCLUSION OFF)
cmake_language(DEFER CALL set_target_properties llama-common mtmd
  PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
cmake_language(DEFER CALL set_target_properties server-context llama-server-impl
  PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 5)
cmake_language(DEFER CALL set_source_files_properties common/json.cpp
  TARGET_DIRECTORY llama-common PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
cmake_language(DEFER CALL set_source_files_properties
  tools/mtmd/mtmd-helper.cpp tools/mtmd/mtmd-helper-gen.cpp TARGET_DIRECTORY mtmd PROPERTIES
  SKIP_UNITY_BUILD_INCLUSION ON)
";

/// Little optimisation, one static binary, and nothing that a loopback test does not use. With
/// `LLAMA_USE_PREBUILT_UI` on, which is the default, the build would fetch web files.
const CMAKE_OPTIONS: [&str; 17] = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DCMAKE_EXE_LINKER_FLAGS=-s",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=OFF",
    "-DGGML_OPENMP=OFF",
    "-DGGML_CPU_REPACK=OFF",
    "-DGGML_LLAMAFILE=OFF",
    "-DGGML_ALL_WARNINGS=OFF",
    "-DLLAMA_ALL_WARNINGS=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
];

/// Returns the path of `llama-server`, building it first if this machine has none yet.
///
/// The build needs the network, `python3` with `venv`, a C++ compiler and half a gigabyte of disk while it
/// runs. A second caller waits for the first one's build, however long it takes.
///
/// # Errors
/// When no cache folder can be named or written, or a step of the build fails. The message names the step,
/// the log and what to do next.
pub(crate) fn ensure() -> Result<PathBuf> {
    let home = cache::home(&format!("llama-server-{VERSION}"))?;
    let server = home.join("llama-server");
    if server.is_file() {
        return Ok(server);
    }
    let _lock = cache::lock(&home)?;
    if !server.is_file() {
        build(&home, &server)?;
    }
    Ok(server)
}

/// Builds in a folder beside the target and moves the finished binary into place in one step.
fn build(home: &Path, server: &Path) -> Result<()> {
    let work = home.join("build");
    let log = home.join("build.log");
    if work.exists() {
        fs::remove_dir_all(&work).with_context(|| format!("remove the unfinished {}", work.display()))?;
    }
    fs::create_dir(&work).with_context(|| format!("create {}", work.display()))?;
    fs::write(work.join("requirement.txt"), SDIST_REQUIREMENT).context("write the pip requirement")?;
    fs::write(work.join("unity.cmake"), UNITY_BUILD).context("write the cmake hook")?;
    File::create(&log).with_context(|| format!("create {}", log.display()))?;

    eprintln!("xtask: llama-server is built once for this machine; its log is {}", log.display());
    step("llama-server (three minutes or more on two cores)", || {
        steps(&work).iter().try_for_each(|part| step(part.what, || part.run(&work, &log)))
    })?;
    fs::rename(work.join("out/bin/llama-server"), server)
        .with_context(|| format!("move the finished server to {}", server.display()))?;
    fs::remove_dir_all(&work).with_context(|| format!("remove {}", work.display()))
}

fn steps(work: &Path) -> Vec<Step> {
    const COMPILER: &str = "install a C++17 compiler (Debian: apt install g++), then run it again";
    let tool = |name: &str| work.join("venv/bin").join(name);
    let jobs = std::thread::available_parallelism().map_or(1, usize::from).to_string();
    vec![
        cache::python_environment(),
        Step::new("fetch cmake and ninja", tool("python"))
            .args(PIP)
            .args(["install", "--only-binary", ":all:"])
            .args(BUILD_TOOLS)
            .advice(NETWORK),
        Step::new("fetch the source (77 MB)", tool("python"))
            .args(PIP)
            .args(["download", "--no-deps", "--no-binary", "llama-cpp-python", "--require-hashes"])
            .args(["--dest", ".", "--requirement", "requirement.txt"])
            .advice(NETWORK),
        Step::new("unpack the source", "tar")
            .args(["--strip-components=3", "-xzf", &format!("llama_cpp_python-{VERSION}.tar.gz")])
            .arg(format!("llama_cpp_python-{VERSION}/vendor/llama.cpp"))
            .advice("check that the disk is not full, then run it again"),
        Step::new("configure", tool("cmake"))
            .args(["-G", "Ninja", "-S", ".", "-B", "out"])
            .arg(format!("-DCMAKE_MAKE_PROGRAM={}", tool("ninja").display()))
            .arg(format!("-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={}", work.join("unity.cmake").display()))
            .args(CMAKE_OPTIONS)
            .advice(COMPILER),
        Step::new("compile", tool("ninja"))
            .args(["-C", "out", "-j", &jobs, "llama-server"])
            .advice("see the compiler's message below; each job needs about one gigabyte of memory"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirement_names_the_version_and_a_whole_hash() {
        let (name, hash) = SDIST_REQUIREMENT.trim_end().split_once(" --hash=sha256:").unwrap();
        assert_eq!(name, format!("llama-cpp-python=={VERSION}"));
        assert_eq!(hash.len(), 64);
    }
}
