//! What several tests need. Each test uses a part of it.
#![allow(dead_code, reason = "every test program is compiled with all of it")]

pub mod bench;
