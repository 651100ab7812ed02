//! Which settings mean something together.

use super::{FaultFile, Problem, one_of};
use crate::sandbox::faults::Kind;
use std::ops::Range;

/// The kinds of faults that a setting means something to.
enum Kinds {
    Only(&'static [Kind]),
    AllBut(&'static [Kind]),
}

/// A setting as it stands in the file.
struct Setting {
    name: &'static str,
    /// Where it stands, if it does.
    at: Option<Range<usize>>,
    kinds: Kinds,
}

/// Refuses what means nothing to the kind of fault, or beside another setting.
pub(super) fn check(file: &FaultFile) -> Result<(), Problem> {
    settings(file)
        .into_iter()
        .try_for_each(|setting| setting.check(*file.kind))?;
    match (&file.rate, &file.seed, &file.after, &file.times) {
        (None, Some(seed), ..) => Err(Problem::new(
            seed.span(),
            "a seed chooses what a rate strikes; add rate = 0.05, or remove `seed`",
        )),
        (Some(_), _, Some(after), _) => Err(goes_by_order("after", after.span())),
        (Some(_), _, _, Some(times)) => Err(goes_by_order("times", times.span())),
        _ => Ok(()),
    }
}

impl Setting {
    fn check(self, kind: Kind) -> Result<(), Problem> {
        let (fits, others) = match self.kinds {
            Kinds::Only(kinds) => (kinds.contains(&kind), kinds),
            Kinds::AllBut(kinds) => (!kinds.contains(&kind), &[][..]),
        };
        let Some(at) = self.at.filter(|_| !fits) else {
            return Ok(());
        };
        let mut what = format!("`{}` means nothing to kind = \"{}\"; remove it", self.name, kind.name());
        if !others.is_empty() {
            what += ", or use kind = ";
            what += &one_of(others.iter().map(|kind| kind.name()));
        }
        Err(Problem::new(at, what))
    }
}

fn goes_by_order(name: &str, at: Range<usize>) -> Problem {
    let what = format!(
        "a rate strikes the same calls in whatever order they come, and `{name}` goes by the order; remove one of them"
    );
    Problem::new(at, what)
}

fn settings(file: &FaultFile) -> [Setting; 11] {
    /// These are no matter of how often: rates, sessions and clocks have measures of their own.
    const UNCOUNTED: Kinds = Kinds::AllBut(&[Kind::Throttle, Kind::ExpiredCredentials, Kind::ClockSkew]);
    let setting = |name, at, kinds| Setting { name, at, kinds };
    macro_rules! at {
        ($field:ident) => {
            file.$field.as_ref().map(|value| value.span())
        };
    }
    [
        setting("code", at!(code), Kinds::Only(&[Kind::Error])),
        setting("message", at!(message), Kinds::Only(&[Kind::Error])),
        setting("status", at!(status), Kinds::Only(&[Kind::Error, Kind::Html])),
        setting("ms", at!(ms), Kinds::Only(&[Kind::Delay])),
        setting("rps", at!(rps), Kinds::Only(&[Kind::Throttle])),
        setting("burst", at!(burst), Kinds::Only(&[Kind::Throttle])),
        setting("seconds", at!(seconds), Kinds::Only(&[Kind::ClockSkew])),
        setting("after", at!(after), Kinds::AllBut(&[Kind::Throttle, Kind::ClockSkew])),
        setting("times", at!(times), UNCOUNTED),
        setting("rate", at!(rate), UNCOUNTED),
        setting("seed", at!(seed), UNCOUNTED),
    ]
}
