//! What is wrong with a web server's answer, and where RFC 9112 says so.

use rust_i18n::t;

use super::{Lang, number};
use crate::text::http::Fault;

/// The fault as a sentence.
pub fn http_fault(lang: Lang, fault: &Fault) -> String {
    let tag = lang.tag();
    match fault {
        Fault::NoStatus => t!("http.no_status", locale = tag),
        Fault::Status => t!("http.status", locale = tag),
        Fault::Reason => t!("http.reason", locale = tag),
        Fault::BareLf { line } => t!("http.bare_lf", locale = tag, line = line),
        Fault::NoHeaders => t!("http.no_headers", locale = tag),
        Fault::Header { line } => t!("http.header", locale = tag, line = line),
        Fault::HeadersUnfinished => t!("http.headers_unfinished", locale = tag),
        Fault::HeadTooLarge => t!("http.head_too_large", locale = tag),
        Fault::ContentLength { value } => t!("http.content_length", locale = tag, value = format!("{value:?}")),
        Fault::TwoLengths => t!("http.two_lengths", locale = tag),
        Fault::TransferEncoding { value } => t!("http.transfer_encoding", locale = tag, value = format!("{value:?}")),
        Fault::NoEnd => t!("http.no_end", locale = tag),
        Fault::Short { declared, came } => {
            t!("http.short", locale = tag, declared = number::grouped(*declared), came = number::grouped(*came))
        }
        Fault::Long { declared, more } => {
            t!("http.long", locale = tag, declared = number::grouped(*declared), more = number::grouped(*more))
        }
        Fault::Chunk { at } => t!("http.chunk", locale = tag, at = at),
        Fault::ChunksUnfinished => t!("http.chunks_unfinished", locale = tag),
        Fault::NoContentType => t!("http.no_content_type", locale = tag),
        Fault::NoCharset => t!("http.no_charset", locale = tag),
        Fault::Charset { label } => t!("http.charset", locale = tag, label = format!("{label:?}")),
    }
    .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::http;

    #[test]
    fn the_tutorials_answer_is_judged_in_both_languages() {
        let answer = b"HTTP/1.1 200 OK \xA1\xA2\r\n\r\n<h1>hi</h1>";
        let faults = http::read(answer, "GET", true).faults;
        assert!(faults.contains(&Fault::Reason) && faults.contains(&Fault::NoHeaders), "{faults:?}");
        for lang in Lang::ALL {
            let sentences: Vec<_> = faults.iter().map(|fault| http_fault(lang, fault)).collect();
            assert!(sentences.iter().all(|sentence| sentence.contains("RFC 911")), "{sentences:?}");
        }
    }
}
