//! The icons, as characters of `assets/fonts/icons.ttf`. Written by `assets/icons/make.py`; change `names.txt` there.
//!
//! They are Lucide's, cut to what the window uses and moved to the middle of a line of text, so that an icon
//! stands beside a word without correction. They are words' companions: a button that shows only an icon has an
//! accessible name.

/// Lucide's `activity`.
pub const ACTIVITY: &str = "\u{E038}";
/// Lucide's `triangle-alert`.
pub const ALERT: &str = "\u{E193}";
/// Lucide's `arrow-down`.
pub const ARROW_DOWN: &str = "\u{E042}";
/// Lucide's `arrow-left`.
pub const ARROW_LEFT: &str = "\u{E048}";
/// Lucide's `arrow-left-right`.
pub const ARROW_LEFT_RIGHT: &str = "\u{E24A}";
/// Lucide's `arrow-right`.
pub const ARROW_RIGHT: &str = "\u{E049}";
/// Lucide's `arrow-up`.
pub const ARROW_UP: &str = "\u{E04A}";
/// Lucide's `arrow-up-down`.
pub const ARROW_UP_DOWN: &str = "\u{E37D}";
/// Lucide's `ban`.
pub const BAN: &str = "\u{E051}";
/// Lucide's `binary`.
pub const BINARY: &str = "\u{E1F2}";
/// Lucide's `check`.
pub const CHECK: &str = "\u{E06C}";
/// Lucide's `chevron-down`.
pub const CHEVRON_DOWN: &str = "\u{E06D}";
/// Lucide's `chevron-left`.
pub const CHEVRON_LEFT: &str = "\u{E06E}";
/// Lucide's `chevron-right`.
pub const CHEVRON_RIGHT: &str = "\u{E06F}";
/// Lucide's `chevron-up`.
pub const CHEVRON_UP: &str = "\u{E070}";
/// Lucide's `circle`.
pub const CIRCLE: &str = "\u{E076}";
/// Lucide's `circle-alert`.
pub const CIRCLE_ALERT: &str = "\u{E077}";
/// Lucide's `circle-check`.
pub const CIRCLE_CHECK: &str = "\u{E226}";
/// Lucide's `circle`, filled.
pub const CIRCLE_FILLED: &str = "\u{F000}";
/// Lucide's `circle-x`.
pub const CIRCLE_X: &str = "\u{E084}";
/// Lucide's `clock`.
pub const CLOCK: &str = "\u{E087}";
/// Lucide's `command`.
pub const COMMAND: &str = "\u{E09A}";
/// Lucide's `copy`.
pub const COPY: &str = "\u{E09E}";
/// Lucide's `corner-down-left`.
pub const CORNER_DOWN_LEFT: &str = "\u{E0A1}";
/// Lucide's `download`.
pub const DOWNLOAD: &str = "\u{E0B2}";
/// Lucide's `ellipsis`.
pub const ELLIPSIS: &str = "\u{E0B6}";
/// Lucide's `external-link`.
pub const EXTERNAL_LINK: &str = "\u{E0B9}";
/// Lucide's `eye`.
pub const EYE: &str = "\u{E0BA}";
/// Lucide's `eye-off`.
pub const EYE_OFF: &str = "\u{E0BB}";
/// Lucide's `file`.
pub const FILE: &str = "\u{E0C0}";
/// Lucide's `funnel`.
pub const FILTER: &str = "\u{E0DC}";
/// Lucide's `folder`.
pub const FOLDER: &str = "\u{E0D7}";
/// Lucide's `folder-open`.
pub const FOLDER_OPEN: &str = "\u{E247}";
/// Lucide's `globe`.
pub const GLOBE: &str = "\u{E0E8}";
/// Lucide's `hash`.
pub const HASH: &str = "\u{E0EF}";
/// Lucide's `circle-question-mark`.
pub const HELP: &str = "\u{E082}";
/// Lucide's `history`.
pub const HISTORY: &str = "\u{E1F5}";
/// Lucide's `info`.
pub const INFO: &str = "\u{E0F9}";
/// Lucide's `keyboard`.
pub const KEYBOARD: &str = "\u{E284}";
/// Lucide's `languages`.
pub const LANGUAGES: &str = "\u{E0FE}";
/// Lucide's `laptop`.
pub const LAPTOP: &str = "\u{E1CD}";
/// Lucide's `list`.
pub const LIST: &str = "\u{E106}";
/// Lucide's `lock`.
pub const LOCK: &str = "\u{E10B}";
/// Lucide's `message-circle`.
pub const MESSAGE: &str = "\u{E116}";
/// Lucide's `messages-square`.
pub const MESSAGES: &str = "\u{E40D}";
/// Lucide's `minus`.
pub const MINUS: &str = "\u{E11C}";
/// Lucide's `monitor`.
pub const MONITOR: &str = "\u{E11D}";
/// Lucide's `moon`.
pub const MOON: &str = "\u{E11E}";
/// Lucide's `network`.
pub const NETWORK: &str = "\u{E125}";
/// Lucide's `paperclip`.
pub const PAPERCLIP: &str = "\u{E12D}";
/// Lucide's `pause`.
pub const PAUSE: &str = "\u{E12E}";
/// Lucide's `pencil`.
pub const PENCIL: &str = "\u{E1F9}";
/// Lucide's `play`.
pub const PLAY: &str = "\u{E13C}";
/// Lucide's `play`, filled.
pub const PLAY_FILLED: &str = "\u{F001}";
/// Lucide's `plug`.
pub const PLUG: &str = "\u{E37F}";
/// Lucide's `plus`.
pub const PLUS: &str = "\u{E13D}";
/// Lucide's `radio`.
pub const RADIO: &str = "\u{E142}";
/// Lucide's `refresh-cw`.
pub const REFRESH: &str = "\u{E145}";
/// Lucide's `repeat`.
pub const REPEAT: &str = "\u{E146}";
/// Lucide's `save`.
pub const SAVE: &str = "\u{E14D}";
/// Lucide's `scissors`.
pub const SCISSORS: &str = "\u{E14E}";
/// Lucide's `search`.
pub const SEARCH: &str = "\u{E151}";
/// Lucide's `send`.
pub const SEND: &str = "\u{E152}";
/// Lucide's `server`.
pub const SERVER: &str = "\u{E153}";
/// Lucide's `settings`.
pub const SETTINGS: &str = "\u{E154}";
/// Lucide's `sliders-horizontal`.
pub const SLIDERS: &str = "\u{E29A}";
/// Lucide's `square`.
pub const SQUARE: &str = "\u{E167}";
/// Lucide's `square-check`.
pub const SQUARE_CHECK: &str = "\u{E559}";
/// Lucide's `square`, filled.
pub const SQUARE_FILLED: &str = "\u{F002}";
/// Lucide's `star`.
pub const STAR: &str = "\u{E176}";
/// Lucide's `star`, filled.
pub const STAR_FILLED: &str = "\u{F003}";
/// Lucide's `sun`.
pub const SUN: &str = "\u{E178}";
/// Lucide's `sun-moon`.
pub const SUN_MOON: &str = "\u{E2B2}";
/// Lucide's `trash-2`.
pub const TRASH: &str = "\u{E18E}";
/// Lucide's `type`.
pub const TYPE: &str = "\u{E198}";
/// Lucide's `undo-2`.
pub const UNDO: &str = "\u{E2A1}";
/// Lucide's `unplug`.
pub const UNPLUG: &str = "\u{E45D}";
/// Lucide's `upload`.
pub const UPLOAD: &str = "\u{E19E}";
/// Lucide's `x`.
pub const X: &str = "\u{E1B2}";
/// Lucide's `zap`.
pub const ZAP: &str = "\u{E1B4}";
