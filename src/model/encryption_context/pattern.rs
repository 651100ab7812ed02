//! Values of conditions, held against the ARN of a bucket and those of all its objects at once.

use crate::facts::Arn;

/// Whether something matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// It does not.
    No,
    /// It depends on a policy variable, or on a rule that is not published.
    Perhaps,
    /// It does.
    Yes,
}

impl Match {
    pub(super) fn not(self) -> Match {
        match self {
            Match::No => Match::Yes,
            Match::Perhaps => Match::Perhaps,
            Match::Yes => Match::No,
        }
    }
}

impl From<bool> for Match {
    fn from(matches: bool) -> Match {
        if matches { Match::Yes } else { Match::No }
    }
}

/// What a condition says of the values that `aws:s3:arn` can have for a bucket: its own ARN, with a Bucket Key, and the
/// ARNs of its objects, without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    /// Whether the bucket ARN matches.
    pub bucket: Match,
    /// Whether the ARN of some object can match.
    pub some_object: Match,
    /// Whether the ARN of every object matches. Where several values cover the objects only together, this says that
    /// they do not.
    pub every_object: Match,
}

impl Reach {
    /// The same for everything.
    pub(super) fn all(same: Match) -> Reach {
        Reach {
            bucket: same,
            some_object: same,
            every_object: same,
        }
    }

    /// One of two values.
    pub(super) fn or(self, other: Reach) -> Reach {
        Reach {
            bucket: self.bucket.max(other.bucket),
            some_object: self.some_object.max(other.some_object),
            every_object: self.every_object.max(other.every_object),
        }
    }

    /// Both of two conditions. Whether one object meets both is not asked: that some object meets each is enough to
    /// doubt.
    pub(super) fn and(self, other: Reach) -> Reach {
        Reach {
            bucket: self.bucket.min(other.bucket),
            some_object: self.some_object.min(other.some_object),
            every_object: self.every_object.min(other.every_object),
        }
    }

    /// A negated condition.
    pub(super) fn not(self) -> Reach {
        Reach {
            bucket: self.bucket.not(),
            some_object: self.every_object.not(),
            every_object: self.some_object.not(),
        }
    }
}

/// How the values of an operator are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `StringEquals`: to the letter.
    Exact,
    /// `StringEqualsIgnoreCase`.
    ExactWithoutCase,
    /// `StringLike`: with `*` and `?`.
    Wildcards,
    /// `ArnLike` and `ArnEquals`, which are the same: with `*` and `?` in each of the six parts.
    Arn,
}

/// What a value reaches of a bucket and its objects.
pub(super) fn reach(value: &str, syntax: Syntax, bucket: &Arn) -> Reach {
    match syntax {
        Syntax::Exact => text_reach(&tokens(value, false), bucket.as_str()),
        Syntax::ExactWithoutCase => {
            let value = tokens(&value.to_lowercase(), false);
            text_reach(&value, &bucket.as_str().to_lowercase())
        }
        Syntax::Wildcards => text_reach(&tokens(value, true), bucket.as_str()),
        Syntax::Arn => arn_reach(&tokens(value, true), bucket.as_str()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Character(char),
    /// `?`
    OneCharacter,
    /// `*`
    AnyText,
    /// A policy variable, such as `${aws:PrincipalTag/team}`: any text, but which is not known. Policies of the version
    /// 2008-10-17 have none, and such a text means itself there; that no object key has one is a safe guess.
    Variable,
}

/// The tokens of a value. Variables are replaced in the values of all of these operators; `${*}`, `${?}` and `${$}` are
/// the characters themselves.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
fn tokens(value: &str, wildcards: bool) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            tokens.push(match name {
                "*" => Token::Character('*'),
                "?" => Token::Character('?'),
                "$" => Token::Character('$'),
                _ => Token::Variable,
            });
            rest = after;
            continue;
        }
        tokens.push(match first {
            '*' if wildcards => Token::AnyText,
            '?' if wildcards => Token::OneCharacter,
            character => Token::Character(character),
        });
        rest = &rest[first.len_utf8()..];
    }
    tokens
}

fn text_reach(pattern: &[Token], bucket: &str) -> Reach {
    let at_bucket = Walk::over(pattern, bucket);
    let among_objects = at_bucket.clone().on(pattern, '/');
    Reach {
        bucket: at_bucket.ends(pattern),
        some_object: among_objects.can_go_on(pattern),
        every_object: among_objects.goes_on_with_anything(pattern),
    }
}

/// An ARN has six parts, each compared by itself; the last runs to the end, colons and all.
fn arn_reach(pattern: &[Token], bucket: &str) -> Reach {
    let patterns: Vec<&[Token]> = pattern.splitn(6, |token| *token == Token::Character(':')).collect();
    let parts: Vec<&str> = bucket.splitn(6, ':').collect();
    let ([patterns @ .., last], [parts @ .., name]) = (&patterns[..], &parts[..]) else {
        return Reach::all(Match::No);
    };
    if patterns.len() != parts.len() {
        // AWS does not say what a value that is no ARN matches. Without a wildcard it can match none.
        let open = pattern.iter().any(|token| !matches!(token, Token::Character(_)));
        return Reach::all(if open { Match::Perhaps } else { Match::No });
    }
    let same = |(pattern, part): (&&[Token], &&str)| Walk::over(pattern, part).ends(pattern);
    let before = patterns.iter().zip(parts).map(same).min().unwrap_or(Match::No);
    text_reach(last, name).and(Reach::all(before))
}

/// Where in a pattern one can be after some text: once without passing a variable, once with.
#[derive(Clone)]
struct Walk {
    surely: Vec<bool>,
    perhaps: Vec<bool>,
}

impl Walk {
    fn over(pattern: &[Token], text: &str) -> Walk {
        let mut start = vec![false; pattern.len() + 1];
        start[0] = true;
        let walk = Walk {
            surely: skip(pattern, start.clone(), false),
            perhaps: skip(pattern, start, true),
        };
        text.chars().fold(walk, |walk, character| walk.on(pattern, character))
    }

    /// One character on.
    fn on(self, pattern: &[Token], character: char) -> Walk {
        Walk {
            surely: step(pattern, &self.surely, character, false),
            perhaps: step(pattern, &self.perhaps, character, true),
        }
    }

    /// Whether the text matches as it is.
    fn ends(&self, pattern: &[Token]) -> Match {
        self.either(|places, _| places[pattern.len()])
    }

    /// Whether some text that goes on from here matches.
    fn can_go_on(&self, pattern: &[Token]) -> Match {
        self.either(|places, variables| {
            let after_last_variable = match pattern.iter().rposition(|token| *token == Token::Variable) {
                Some(last) if !variables => last + 1,
                _ => 0,
            };
            (after_last_variable..pattern.len()).any(|place| places[place])
        })
    }

    /// Whether every text that goes on from here, by a character or more, matches.
    fn goes_on_with_anything(&self, pattern: &[Token]) -> Match {
        self.either(|places, variables| {
            let mut texts = 0;
            let mut characters = 0;
            for place in (0..pattern.len()).rev() {
                match pattern[place] {
                    Token::AnyText => texts += 1,
                    Token::OneCharacter => characters += 1,
                    Token::Variable if variables => texts += 1,
                    Token::Variable | Token::Character(_) => return false,
                }
                if characters > 1 {
                    return false;
                }
                if places[place] && texts > 0 {
                    return true;
                }
            }
            false
        })
    }

    fn either(&self, question: impl Fn(&[bool], bool) -> bool) -> Match {
        if question(&self.surely, false) {
            Match::Yes
        } else if question(&self.perhaps, true) {
            Match::Perhaps
        } else {
            Match::No
        }
    }
}

/// Adds the places that are reached without a character: a wildcard can stand for no text.
fn skip(pattern: &[Token], mut places: Vec<bool>, variables: bool) -> Vec<bool> {
    for place in 0..pattern.len() {
        let empty = match pattern[place] {
            Token::AnyText => true,
            Token::Variable => variables,
            Token::Character(_) | Token::OneCharacter => false,
        };
        places[place + 1] |= empty && places[place];
    }
    places
}

fn step(pattern: &[Token], places: &[bool], character: char, variables: bool) -> Vec<bool> {
    let mut after = vec![false; places.len()];
    for place in (0..pattern.len()).filter(|place| places[*place]) {
        match pattern[place] {
            Token::Character(expected) => after[place + 1] |= expected == character,
            Token::OneCharacter => after[place + 1] = true,
            Token::AnyText => after[place] = true,
            Token::Variable => after[place] |= variables,
        }
    }
    skip(pattern, after, variables)
}

#[cfg(test)]
mod tests {
    use super::Match::{No, Perhaps, Yes};
    use super::*;

    fn of(value: &str, syntax: Syntax) -> (Match, Match, Match) {
        let reach = reach(value, syntax, &Arn::of_bucket("aws", "invoices"));
        (reach.bucket, reach.some_object, reach.every_object)
    }

    #[test]
    fn wildcards_reach_objects_the_bucket_or_both() {
        for (value, expected) in [
            ("arn:aws:s3:::invoices", (Yes, No, No)),
            ("arn:aws:s3:::invoices/*", (No, Yes, Yes)),
            ("arn:aws:s3:::invoices/?*", (No, Yes, Yes)),
            ("arn:aws:s3:::invoices/??*", (No, Yes, No)),
            ("arn:aws:s3:::invoices/2026/*", (No, Yes, No)),
            ("arn:aws:s3:::invoices/a", (No, Yes, No)),
            ("arn:aws:s3:::invoices/", (No, No, No)),
            ("arn:aws:s3:::invoices*", (Yes, Yes, Yes)),
            ("arn:aws:s3:::inv*", (Yes, Yes, Yes)),
            ("arn:aws:s3:::*/*", (No, Yes, Yes)),
            ("arn:aws:s3:::*/reports/*", (No, Yes, No)),
            ("arn:aws:s3:::other/*", (No, No, No)),
            ("arn:aws-cn:s3:::invoices/*", (No, No, No)),
            ("*", (Yes, Yes, Yes)),
            ("**", (Yes, Yes, Yes)),
            ("*.pdf", (No, Yes, No)),
            ("", (No, No, No)),
        ] {
            assert_eq!(of(value, Syntax::Wildcards), expected, "{value}");
        }
    }

    #[test]
    fn exact_values_take_wildcards_for_themselves() {
        assert_eq!(of("arn:aws:s3:::invoices", Syntax::Exact), (Yes, No, No));
        assert_eq!(of("arn:aws:s3:::invoices*", Syntax::Exact), (No, No, No));
        // An object can have the name `*`.
        assert_eq!(of("arn:aws:s3:::invoices/*", Syntax::Exact), (No, Yes, No));
        assert_eq!(of("arn:aws:s3:::INVOICES", Syntax::Exact), (No, No, No));
        assert_eq!(of("arn:aws:s3:::INVOICES", Syntax::ExactWithoutCase), (Yes, No, No));
        assert_eq!(of("arn:aws:s3:::Invoices/A", Syntax::ExactWithoutCase), (No, Yes, No));
    }

    #[test]
    fn each_part_of_an_arn_is_compared_by_itself() {
        assert_eq!(of("arn:aws:s3:::invoices/*", Syntax::Arn), (No, Yes, Yes));
        assert_eq!(of("arn:*:s3:*:*:invoices*", Syntax::Arn), (Yes, Yes, Yes));
        assert_eq!(of("arn:aws:s3:::invoices/a:b:*", Syntax::Arn), (No, Yes, No));
        assert_eq!(of("arn:aws:s3:eu-west-3::invoices/*", Syntax::Arn), (No, No, No));
        assert_eq!(of("arn:aws*invoices", Syntax::Arn), (Perhaps, Perhaps, Perhaps));
        assert_eq!(of("*", Syntax::Arn), (Perhaps, Perhaps, Perhaps));
        assert_eq!(of("invoices", Syntax::Arn), (No, No, No));
        assert_eq!(of("", Syntax::Arn), (No, No, No));
    }

    #[test]
    fn a_policy_variable_can_be_any_text() {
        let tag = "${aws:PrincipalTag/team}";
        for syntax in [Syntax::Wildcards, Syntax::Arn] {
            let of = |value: String| of(&value, syntax);
            assert_eq!(of(format!("arn:aws:s3:::invoices/{tag}/*")), (No, Perhaps, No));
            assert_eq!(of(format!("arn:aws:s3:::{tag}")), (Perhaps, Perhaps, Perhaps));
            assert_eq!(of(format!("arn:aws:s3:::{tag}/*")), (No, Perhaps, Perhaps));
            assert_eq!(of(format!("arn:aws:s3:::other/{tag}")), (No, No, No));
            assert_eq!(of("arn:aws:s3:::invoices/${*}".into()), (No, Yes, No));
        }
        assert_eq!(
            of(&format!("arn:aws:s3:::invoices/{tag}"), Syntax::Exact),
            (No, Perhaps, Perhaps)
        );
        assert_eq!(of("arn:aws:s3:::invoices/${", Syntax::Wildcards), (No, Yes, No));
    }
}
