//! Pages of a list: opaque tokens, and the ways in which a list can misbehave.

use std::ops::Range;

/// One page of a list of known length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub range: Range<usize>,
    /// The token of the page after this one.
    pub next: Option<String>,
    /// What KMS says beside its marker; the other services only have the token.
    pub truncated: bool,
}

/// How a page of a list goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PagingFault {
    MissingMarker,
    EndlessMarker,
    EmptyPage,
}

/// Marks a token that was handed out with an empty page: the page it leads to is not empty.
const AFTER_EMPTY_PAGE: &str = "+";

/// The page at `token` of the list called `list`, which has `total` items; `None` when the token is
/// not one that this list has handed out.
pub(super) fn page(
    list: &str,
    total: usize,
    size: usize,
    token: Option<&str>,
    fault: Option<PagingFault>,
) -> Option<Page> {
    let start = match token {
        None => 0,
        Some(token) => position(list, token)?,
    };
    if start > total {
        return None;
    }
    let end = total.min(start.saturating_add(size));
    let normal = Page {
        range: start..end,
        next: (end < total).then(|| token_for(list, end, "")),
        truncated: end < total,
    };
    Some(match fault {
        None => normal,
        Some(PagingFault::MissingMarker) => Page {
            next: None,
            truncated: true,
            ..normal
        },
        Some(PagingFault::EndlessMarker) => Page {
            next: Some(token_for(list, start, "")),
            truncated: true,
            ..normal
        },
        Some(PagingFault::EmptyPage) => Page {
            range: start..start,
            next: Some(token_for(list, start, AFTER_EMPTY_PAGE)),
            truncated: true,
        },
    })
}

/// Whether this token came with an empty page.
pub(super) fn follows_empty_page(token: &str) -> bool {
    decoded(token).is_some_and(|plain| plain.ends_with(AFTER_EMPTY_PAGE))
}

fn token_for(list: &str, start: usize, suffix: &str) -> String {
    aws_smithy_types::base64::encode(format!("{list}:{start}{suffix}"))
}

fn position(list: &str, token: &str) -> Option<usize> {
    let plain = decoded(token)?;
    let (of_list, start) = plain.rsplit_once(':')?;
    if of_list != list {
        return None;
    }
    start.strip_suffix(AFTER_EMPTY_PAGE).unwrap_or(start).parse().ok()
}

fn decoded(token: &str) -> Option<String> {
    String::from_utf8(aws_smithy_types::base64::decode(token).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_the_tokens_visits_every_item_once() {
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = page("ListKeys", 7, 3, token.as_deref(), None).unwrap();
            assert_eq!(page.truncated, page.next.is_some());
            seen.extend(page.range);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let first = page("ListKeys", 7, 3, None, None).unwrap();
        assert_eq!(page("ListAliases", 7, 3, first.next.as_deref(), None), None);
        assert_eq!(page("ListKeys", 7, 3, Some("nonsense"), None), None);
    }

    #[test]
    fn an_empty_page_leads_on_to_the_page_it_stood_before() {
        let empty = page("ListKeys", 2, 3, None, Some(PagingFault::EmptyPage)).unwrap();
        assert!(empty.range.is_empty() && empty.truncated);
        let token = empty.next.unwrap();
        assert!(follows_empty_page(&token));
        let full = page("ListKeys", 2, 3, Some(&token), None).unwrap();
        assert_eq!(full.range, 0..2);
    }

    #[test]
    fn an_endless_marker_gives_the_same_page_for_ever() {
        let fault = Some(PagingFault::EndlessMarker);
        let first = page("ListKeys", 9, 3, None, fault).unwrap();
        let again = page("ListKeys", 9, 3, first.next.as_deref(), fault).unwrap();
        let once_more = page("ListKeys", 9, 3, again.next.as_deref(), fault).unwrap();
        assert_eq!((&first, &again), (&again, &once_more));
    }
}
