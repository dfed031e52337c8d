//! What is said about transfers: the ways, what is going on, how each file ended, and why something failed.

use std::{borrow::Cow, time::Duration};

use rust_i18n::t;

use super::{Lang, Things, counted, failure, number};
use crate::{
    journal::{Call, Kind},
    transfer::{
        DiskFault, FileEnd, Reason, State, Way,
        framed::{FrameError, VERSION},
        name::NameError,
        report::Direction,
    },
};

/// What a way of sending is called.
pub fn way(lang: Lang, way: Way) -> String {
    let tag = lang.tag();
    match way {
        Way::Framed => t!("transfer.way.framed", locale = tag),
        Way::Raw => t!("transfer.way.raw", locale = tag),
        Way::Helper => t!("transfer.way.helper", locale = tag),
        Way::Udp => t!("transfer.way.udp", locale = tag),
    }
    .into_owned()
}

/// What a way of sending is for.
pub fn way_for(lang: Lang, way: Way) -> String {
    let tag = lang.tag();
    match way {
        Way::Framed => t!("transfer.way.framed_for", locale = tag),
        Way::Raw => t!("transfer.way.raw_for", locale = tag),
        Way::Helper => t!("transfer.way.helper_for", locale = tag),
        Way::Udp => t!("transfer.way.udp_for", locale = tag),
    }
    .into_owned()
}

/// What is going on, in a few words.
pub fn transfer_state(lang: Lang, state: State, direction: Direction) -> String {
    let tag = lang.tag();
    let sending = direction == Direction::Sending;
    match state {
        State::Preparing if sending => t!("transfer.state.preparing", locale = tag),
        State::Preparing => t!("transfer.state.waiting", locale = tag),
        State::Connecting => t!("transfer.state.connecting", locale = tag),
        State::Asking if sending => t!("transfer.state.asking_them", locale = tag),
        State::Asking => t!("transfer.state.asking_you", locale = tag),
        State::Checking => t!("transfer.state.checking", locale = tag),
        State::Moving if sending => t!("transfer.state.sending", locale = tag),
        State::Moving => t!("transfer.state.receiving", locale = tag),
        State::Paused => t!("transfer.state.paused", locale = tag),
        State::Finishing if sending => t!("transfer.state.finishing_send", locale = tag),
        State::Finishing => t!("transfer.state.finishing", locale = tag),
        State::Ended => t!("transfer.state.ended", locale = tag),
    }
    .into_owned()
}

/// How a file ended: in a word where it is well, else why not in a sentence.
pub fn file_end(lang: Lang, end: &FileEnd) -> String {
    let tag = lang.tag();
    match end {
        FileEnd::Verified => t!("transfer.end.verified", locale = tag),
        FileEnd::Whole => t!("transfer.end.whole", locale = tag),
        FileEnd::Declined => t!("transfer.end.declined", locale = tag),
        FileEnd::NotReached => t!("transfer.end.not_reached", locale = tag),
        FileEnd::Failed(why) => reason(lang, why).into(),
    }
    .into_owned()
}

/// Why a transfer or a file of it failed, which side that was on, and what to try.
pub fn reason(lang: Lang, reason: &Reason) -> String {
    let tag = lang.tag();
    let (bare, there) = reason.bare();
    match bare {
        Reason::Net(failed) => {
            let datagrams = matches!(failed.call, Call::SendTo | Call::RecvFrom);
            failure(lang, failed, if datagrams { Kind::UdpSocket } else { Kind::TcpConnection }).into()
        }
        Reason::Disk { what, path, errno } => disk(tag, *what, path, *errno, there),
        Reason::Name(error) => t!("transfer.name.refused", locale = tag, why = name(tag, *error)),
        Reason::Declined if there => t!("transfer.reason.declined_there", locale = tag),
        Reason::Declined => t!("transfer.reason.declined", locale = tag),
        Reason::LeftOut { out, of } => {
            t!("transfer.reason.left_out", locale = tag, out = number::grouped(*out), of = number::grouped(*of))
        }
        Reason::NoAnswer(time) if there => t!("transfer.reason.no_answer_there", locale = tag, time = seconds(*time)),
        Reason::NoAnswer(time) => t!("transfer.reason.no_answer", locale = tag, time = seconds(*time)),
        Reason::Cancelled if there => t!("transfer.reason.cancelled_there", locale = tag),
        Reason::Cancelled => t!("transfer.reason.cancelled", locale = tag),
        Reason::NoSpace { needed, free } => {
            let (needed, free) = (number::size(*needed), number::size(*free));
            if there {
                t!("transfer.reason.no_space_there", locale = tag, needed = needed, free = free)
            } else {
                t!("transfer.reason.no_space", locale = tag, needed = needed, free = free)
            }
        }
        Reason::Size { announced, came } if came > announced => {
            t!("transfer.reason.size_more", locale = tag, announced = counted(lang, *announced, Things::Bytes))
        }
        Reason::Size { announced, came } => {
            let (announced, came) = (counted(lang, *announced, Things::Bytes), counted(lang, *came, Things::Bytes));
            t!("transfer.reason.size", locale = tag, announced = announced, came = came)
        }
        Reason::Hash => t!("transfer.reason.hash", locale = tag),
        Reason::Changed => t!("transfer.reason.changed", locale = tag),
        Reason::Mute => t!("transfer.reason.mute", locale = tag),
        Reason::Gone => t!("transfer.reason.gone", locale = tag),
        Reason::Silent(time) if there => t!("transfer.reason.silent_there", locale = tag, time = seconds(*time)),
        Reason::Silent(time) => t!("transfer.reason.silent", locale = tag, time = seconds(*time)),
        Reason::Protocol(error) => protocol(tag, *error, there),
        Reason::TooMany { announced, limit } => {
            let (announced, limit) = (number::grouped(*announced), number::grouped(*limit));
            t!("transfer.reason.too_many", locale = tag, announced = announced, limit = limit)
        }
        Reason::Datagrams { needed, limit } => {
            let (needed, limit) = (number::grouped(*needed), number::grouped(*limit));
            t!("transfer.reason.datagrams", locale = tag, needed = needed, limit = limit)
        }
        Reason::Busy if there => t!("transfer.reason.busy_there", locale = tag),
        Reason::Busy => t!("transfer.reason.busy", locale = tag),
        Reason::Header => t!("transfer.reason.header", locale = tag),
        Reason::NoFile => t!("transfer.reason.no_file", locale = tag),
        Reason::Holes { lost, of } => {
            t!("transfer.reason.holes", locale = tag, lost = number::grouped(*lost), of = number::grouped(*of))
        }
        Reason::Nothing => t!("transfer.reason.nothing", locale = tag),
        Reason::Unknown(code) => t!("transfer.reason.unknown", locale = tag, code = code),
        Reason::Bug | Reason::There(_) if there => t!("transfer.reason.bug_there", locale = tag),
        Reason::Bug | Reason::There(_) => t!("transfer.reason.bug", locale = tag),
    }
    .into_owned()
}

/// The same as the user of this side is to hear it: whoever receives cannot send again, but can ask for it.
pub fn reason_seen(lang: Lang, why: &Reason, side: Direction) -> String {
    let tag = lang.tag();
    let (bare, there) = why.bare();
    if side == Direction::Sending {
        return reason(lang, why);
    }
    match bare {
        Reason::Disk { what: DiskFault::Full, path, .. } if !there => {
            t!("transfer.received.full", locale = tag, path = path)
        }
        Reason::NoAnswer(time) => t!("transfer.received.no_answer", locale = tag, time = seconds(*time)),
        Reason::Size { announced, came } if came <= announced => {
            let (announced, came) = (number::grouped(*announced), number::grouped(*came));
            t!("transfer.received.size", locale = tag, announced = announced, came = came)
        }
        Reason::Hash => t!("transfer.received.hash", locale = tag),
        Reason::Changed => t!("transfer.received.changed", locale = tag),
        Reason::Silent(time) if there => t!("transfer.received.silent_there", locale = tag, time = seconds(*time)),
        Reason::Silent(time) => t!("transfer.received.silent", locale = tag, time = seconds(*time)),
        Reason::Holes { lost, of } => {
            t!("transfer.received.holes", locale = tag, lost = number::grouped(*lost), of = number::grouped(*of))
        }
        _ => return reason(lang, why),
    }
    .into_owned()
}

/// Limits are whole seconds; `1 min 0 s` and `5 s` need no more.
fn seconds(time: Duration) -> String {
    number::duration(Duration::from_secs(time.as_secs()))
}

fn protocol(tag: &'static str, error: FrameError, there: bool) -> Cow<'static, str> {
    let record = match error {
        FrameError::Magic => return t!("transfer.reason.not_twocan", locale = tag),
        FrameError::Version(_) if there => return t!("transfer.reason.version_there", locale = tag),
        FrameError::Version(version) => {
            return t!("transfer.reason.version", locale = tag, version = version, ours = VERSION);
        }
        FrameError::Cut => return t!("transfer.reason.cut", locale = tag),
        FrameError::Unexpected(kind) | FrameError::Value(kind) | FrameError::Length { kind, .. } => {
            format!("{kind:02X}")
        }
    };
    if there {
        t!("transfer.reason.protocol_there", locale = tag, record = record)
    } else {
        t!("transfer.reason.protocol", locale = tag, record = record)
    }
}

fn name(tag: &'static str, error: NameError) -> Cow<'static, str> {
    match error {
        NameError::Empty => t!("transfer.name.empty", locale = tag),
        NameError::Absolute => t!("transfer.name.absolute", locale = tag),
        NameError::Drive => t!("transfer.name.drive", locale = tag),
        NameError::Upwards => t!("transfer.name.upwards", locale = tag),
        NameError::Nul => t!("transfer.name.nul", locale = tag),
        NameError::Encoding => t!("transfer.name.encoding", locale = tag),
        NameError::Deep => t!("transfer.name.deep", locale = tag),
        NameError::Long => t!("transfer.name.long", locale = tag),
    }
}

fn disk(tag: &'static str, what: DiskFault, path: &str, errno: i32, there: bool) -> Cow<'static, str> {
    if there {
        return match what {
            DiskFault::Full => t!("transfer.disk.full_there", locale = tag),
            DiskFault::Permission => t!("transfer.disk.permission_there", locale = tag),
            DiskFault::ReadOnly => t!("transfer.disk.read_only_there", locale = tag),
            DiskFault::Missing => t!("transfer.disk.missing_there", locale = tag),
            DiskFault::NameTooLong => t!("transfer.disk.name_too_long_there", locale = tag),
            DiskFault::TooLarge => t!("transfer.disk.too_large_there", locale = tag),
            DiskFault::NotFolder => t!("transfer.disk.not_folder_there", locale = tag),
            DiskFault::NotFile => t!("transfer.disk.not_file_there", locale = tag),
            DiskFault::TooManyFiles => t!("transfer.disk.too_many_files_there", locale = tag),
            DiskFault::Other => t!("transfer.disk.other_there", locale = tag, number = errno),
            DiskFault::Link => t!("transfer.disk.link_there", locale = tag),
        };
    }
    match what {
        DiskFault::Full => t!("transfer.disk.full", locale = tag, path = path),
        DiskFault::Permission => t!("transfer.disk.permission", locale = tag, path = path),
        DiskFault::ReadOnly => t!("transfer.disk.read_only", locale = tag, path = path),
        DiskFault::Missing => t!("transfer.disk.missing", locale = tag, path = path),
        DiskFault::NameTooLong => t!("transfer.disk.name_too_long", locale = tag, path = path),
        DiskFault::TooLarge => t!("transfer.disk.too_large", locale = tag, path = path),
        DiskFault::NotFolder => t!("transfer.disk.not_folder", locale = tag, path = path),
        DiskFault::NotFile => t!("transfer.disk.not_file", locale = tag, path = path),
        DiskFault::TooManyFiles => t!("transfer.disk.too_many_files", locale = tag, path = path),
        DiskFault::Other => t!("transfer.disk.other", locale = tag, path = path, number = errno),
        DiskFault::Link => t!("transfer.disk.link", locale = tag, path = path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(why: &Reason) -> [String; 2] {
        Lang::ALL.map(|lang| reason(lang, why))
    }

    #[test]
    fn the_side_is_told() {
        let full = Reason::Disk { what: DiskFault::Full, path: "a.bin".into(), errno: 28 };
        assert_eq!(
            both(&full),
            [
                "The disk is full: a.bin could not be written. Make room, then send it again.",
                "磁盘已满，a.bin 写不进去。腾出空间，再发一次。"
            ]
        );
        let there = Reason::There(Box::new(full));
        assert_eq!(both(&there), ["The other side's disk is full.", "对方的磁盘已满。"]);
        let declined = Reason::There(Box::new(Reason::Declined));
        assert_eq!(both(&declined)[0], "The receiver did not take it.");
        assert_eq!(both(&Reason::Declined)[0], "You said no.");
    }

    #[test]
    fn numbers_are_grouped_and_times_have_units() {
        let cut = Reason::Size { announced: 300_001, came: 141_904 };
        assert_eq!(
            both(&cut)[0],
            "Of 300\u{202f}001 bytes that were announced, 141\u{202f}904 bytes came. Send it again."
        );
        let silent = Reason::Silent(Duration::from_mins(1));
        assert_eq!(both(&silent)[1], "1 min 0 s 内毫无动静，已放弃。检查网络，再发一次。");
    }

    #[test]
    fn whoever_receives_is_not_told_to_send() {
        let time = Duration::from_mins(2);
        let why = [
            Reason::Disk { what: DiskFault::Full, path: "a".into(), errno: 28 },
            Reason::NoAnswer(time),
            Reason::Size { announced: 2, came: 1 },
            Reason::Hash,
            Reason::There(Reason::Changed.into()),
            Reason::Silent(time),
            Reason::There(Reason::Silent(time).into()),
            Reason::Holes { lost: 1, of: 2 },
        ];
        for why in &why {
            for lang in Lang::ALL {
                let [sent, received] =
                    [Direction::Sending, Direction::Receiving].map(|side| reason_seen(lang, why, side));
                assert_ne!(sent, received);
                assert!(!received.contains("transfer."), "{received}");
                let asks = if lang == Lang::En { "sk them" } else { "请对方" };
                assert!(received.contains(asks), "{received}");
            }
        }
        assert_eq!(reason_seen(Lang::En, &Reason::Gone, Direction::Receiving), both(&Reason::Gone)[0]);
    }

    #[test]
    fn every_name_and_disk_has_a_sentence() {
        for lang in Lang::ALL {
            for what in DiskFault::ALL {
                let own = Reason::Disk { what, path: "a/b".into(), errno: 5 };
                let there = Reason::There(Box::new(own.clone()));
                for (why, side) in [(own, true), (there, false)] {
                    let text = reason(lang, &why);
                    assert!(!text.contains("transfer.") && !text.contains('%'), "{text}");
                    assert_eq!(text.contains("a/b"), side, "{text}");
                }
            }
            for error in NameError::ALL {
                let text = reason(lang, &Reason::Name(error));
                assert!(!text.contains("transfer.") && !text.contains('%'), "{text}");
            }
        }
    }
}
