//! Following the pages of a list without trusting it: a list that claims to go on and gives no marker, or the same
//! marker again, must end as a gap, neither as a shorter list nor as a loop.

use std::collections::HashSet;

use super::error::CallError;
use super::operations::Operation;

/// How many pages in a row may bring nothing new before the list is given up.
const MOST_EMPTY_PAGES: u32 = 50;

/// Remembers the pages of one list.
#[derive(Debug, Default)]
pub(super) struct Pages {
    markers: HashSet<String>,
    empty: u32,
}

impl Pages {
    /// Decides what follows a page: the marker to ask for next, or `None` at the end of the list.
    ///
    /// `truncated` is what the answer claims, where it claims anything; `brought` is how many new items it held.
    pub(super) fn next(
        &mut self,
        operation: &Operation,
        truncated: Option<bool>,
        marker: Option<&str>,
        brought: usize,
    ) -> Result<Option<String>, CallError> {
        // A marker is followed whatever the list says of its end: the SDK reads a missing `Truncated` as `false`.
        let Some(marker) = marker.filter(|marker| !marker.is_empty()) else {
            return match truncated {
                Some(true) => Err(CallError::new(
                    operation,
                    "MissingMarker",
                    "the list says that it goes on but not where; what follows could not be read",
                )),
                _ => Ok(None),
            };
        };
        if !self.markers.insert(marker.to_owned()) {
            return Err(CallError::new(
                operation,
                "RepeatedMarker",
                "the list points back to a page that was read before; what else it holds could not be read",
            ));
        }
        self.empty = if brought == 0 { self.empty + 1 } else { 0 };
        if self.empty >= MOST_EMPTY_PAGES {
            return Err(CallError::new(
                operation,
                "EndlessPaging",
                format!("{MOST_EMPTY_PAGES} pages in a row brought nothing new; what follows was not read"),
            ));
        }
        Ok(Some(marker.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::operations::KMS_LIST_KEYS as LIST;
    use super::*;

    fn code(answer: Result<Option<String>, CallError>) -> String {
        answer.unwrap_err().code
    }

    #[test]
    fn a_list_goes_on_where_it_says_so_and_ends_without_a_marker() {
        let mut pages = Pages::default();
        assert_eq!(pages.next(LIST, Some(true), Some("a"), 9), Ok(Some("a".into())));
        assert_eq!(pages.next(LIST, Some(false), None, 9), Ok(None));
        assert_eq!(Pages::default().next(LIST, None, Some(""), 9), Ok(None));
        assert_eq!(
            Pages::default().next(LIST, Some(false), Some("b"), 9),
            Ok(Some("b".into()))
        );
    }

    #[test]
    fn a_truncated_list_without_a_marker_is_an_error() {
        assert_eq!(code(Pages::default().next(LIST, Some(true), None, 9)), "MissingMarker");
        assert_eq!(
            code(Pages::default().next(LIST, Some(true), Some(""), 9)),
            "MissingMarker"
        );
    }

    #[test]
    fn a_marker_that_comes_back_is_an_error() {
        let mut pages = Pages::default();
        assert!(pages.next(LIST, Some(true), Some("a"), 9).is_ok());
        assert!(pages.next(LIST, Some(true), Some("b"), 9).is_ok());
        assert_eq!(code(pages.next(LIST, Some(true), Some("a"), 9)), "RepeatedMarker");
    }

    #[test]
    fn pages_that_bring_nothing_end_after_a_while() {
        let mut pages = Pages::default();
        let error = (0..).find_map(|n| pages.next(LIST, Some(true), Some(&n.to_string()), 0).err());
        assert_eq!(error.unwrap().code, "EndlessPaging");
    }
}
