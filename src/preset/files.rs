//! The files of `assets/presets/`, built in. A new file gets a line here; a test sees that none is missing.

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../assets/presets/", $name, ".toml")))),*]
    };
}

/// Name and text of each file.
pub(super) const FILES: &[(&str, &str)] = files!["repr-client", "time-server", "upper-server",];
