//! A pool that is not there, and which one may have been meant.

use crate::published;

/// How many pools are offered.
const OFFERED: usize = 3;

/// The name of a pool. The tables say it without the words that those of cryptographic operations begin with.
pub(super) fn whole(name: &str) -> String {
    let whole = format!("CryptographicOperations{name}");
    if published::pools().contains(whole.as_str()) {
        whole
    } else {
        name.to_owned()
    }
}

/// What is said of a pool that is not there: those that may be meant, and where all of them are listed.
pub(super) fn unknown<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    let word = name.to_lowercase();
    let mut close: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|pool| Some((distance(&word, &pool.to_lowercase())?, pool)))
        .collect();
    close.sort_unstable();
    close.truncate(OFFERED);
    let offer = match close
        .iter()
        .map(|(_, pool)| format!("`{pool}`"))
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => String::new(),
        [only] => format!(", but {only}"),
        [most @ .., last] => format!(", but {} and {last}", most.join(", ")),
    };
    format!("there is no pool `{name}`{offer}\n  `kms-audit quota --help` lists all pools, at --pool.")
}

/// How far a word is from a pool, if that may be meant: a part of its name is nearest.
fn distance(word: &str, pool: &str) -> Option<usize> {
    /// The fewest letters that say which part is meant.
    const LEAST: usize = 3;
    if word.len() >= LEAST && pool.contains(word) {
        return Some(0);
    }
    // What people say, and the table shows, of the pools of cryptographic operations.
    let short = pool.strip_prefix("cryptographicoperations").unwrap_or(pool);
    let names = [pool, short].into_iter();
    let distances = names.map(|name| (strsim::damerau_levenshtein(word, name), name.len().div_ceil(3)));
    distances
        .filter(|(distance, most)| distance <= most)
        .map(|(distance, _)| distance)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOLS: [&str; 6] = [
        "CryptographicOperationsEcc",
        "CryptographicOperationsRsa",
        "CryptographicOperationsSymmetric",
        "GetKeyPolicy",
        "ListKeys",
        "PutKeyPolicy",
    ];

    #[test]
    fn a_pool_may_be_called_as_the_tables_call_it() {
        assert_eq!(whole("Symmetric"), "CryptographicOperationsSymmetric");
        for name in ["CryptographicOperationsSymmetric", "ListKeys", "Nope", ""] {
            assert_eq!(whole(name), name);
        }
    }

    #[test]
    fn the_pool_that_may_be_meant_is_offered_and_never_the_whole_list() {
        for (name, offer) in [
            ("symmetric", ", but `CryptographicOperationsSymmetric`"),
            ("symetric", ", but `CryptographicOperationsSymmetric`"),
            ("listkey", ", but `ListKeys`"),
            ("ListKyes", ", but `ListKeys`"),
            ("KeyPolicy", ", but `GetKeyPolicy` and `PutKeyPolicy`"),
            (
                "Operations",
                ", but `CryptographicOperationsEcc`, `CryptographicOperationsRsa` and `CryptographicOperationsSymmetric`",
            ),
            ("Nope", ""),
            ("", ""),
        ] {
            let said = unknown(name, POOLS);
            assert_eq!(
                said,
                format!("there is no pool `{name}`{offer}\n  `kms-audit quota --help` lists all pools, at --pool.")
            );
        }
    }
}
