//! CloudWatch metric math, as far as alarms on a request rate need it: arithmetic and calls of functions.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>.

use winnow::Result;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, repeat, separated, separated_foldl1};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::is_shallow;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression<'t> {
    Number(f64),
    /// The id of a metric or of another expression.
    Id(&'t str),
    /// A function by its name, and what it is called with.
    Call(&'t str, Vec<Expression<'t>>),
    Negative(Box<Expression<'t>>),
    /// `+`, `-`, `*` or `/`.
    Binary(char, Box<[Expression<'t>; 2]>),
}

/// Reads an expression; `None` where it is not one of those that are understood.
pub(super) fn parse(text: &str) -> Option<Expression<'_>> {
    if !is_shallow(text) {
        return None;
    }
    sum.parse(text).ok()
}

fn sum<'t>(input: &mut &'t str) -> Result<Expression<'t>> {
    separated_foldl1(product, one_of(['+', '-']), binary).parse_next(input)
}

fn product<'t>(input: &mut &'t str) -> Result<Expression<'t>> {
    separated_foldl1(factor, one_of(['*', '/']), binary).parse_next(input)
}

fn binary<'t>(left: Expression<'t>, operator: char, right: Expression<'t>) -> Expression<'t> {
    Expression::Binary(operator, Box::new([left, right]))
}

fn factor<'t>(input: &mut &'t str) -> Result<Expression<'t>> {
    let signs: usize = repeat(0.., spaced('-')).parse_next(input)?;
    let value = delimited(multispace0, atom, multispace0).parse_next(input)?;
    Ok(if signs % 2 == 1 {
        Expression::Negative(Box::new(value))
    } else {
        value
    })
}

fn atom<'t>(input: &mut &'t str) -> Result<Expression<'t>> {
    let number = take_while(1.., ('0'..='9', '.')).parse_to().map(Expression::Number);
    let arguments = delimited('(', separated(0.., sum, ','), ')');
    let call = (word, multispace0, arguments).map(|(name, _, arguments)| Expression::Call(name, arguments));
    alt((number, call, word.map(Expression::Id), delimited('(', sum, ')'))).parse_next(input)
}

fn word<'t>(input: &mut &'t str) -> Result<&'t str> {
    (
        one_of(('a'..='z', 'A'..='Z')),
        take_while(0.., ('a'..='z', 'A'..='Z', '0'..='9', '_')),
    )
        .take()
        .parse_next(input)
}

fn spaced<'t>(letter: char) -> impl Parser<&'t str, char, winnow::error::ContextError> {
    delimited(multispace0, letter, multispace0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplication_binds_more_tightly_and_subtraction_to_the_left() {
        let shown = format!("{:?}", parse("1 - 2*m1 - -3").unwrap());
        let expected = format!("{:?}", parse("( (1) - (2 * m1) ) - (-3)").unwrap());
        assert_eq!(shown, expected);
    }

    #[test]
    fn functions_are_called_with_expressions() {
        let Some(Expression::Call(name, arguments)) = parse(" FILL( m1 / PERIOD(m1), 0 ) ") else {
            panic!("a call");
        };
        assert_eq!((name, arguments.len()), ("FILL", 2));
    }

    #[test]
    fn what_is_not_understood_is_no_expression() {
        for text in [
            "",
            "m1 > 5",
            "SELECT SUM(x) FROM y",
            "[m1, m2]",
            "m1 +",
            "(m1",
            "1.2.3",
            "m1 m2",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused_and_signs_without_end_are_read() {
        assert_eq!(parse(&"(".repeat(100_000)), None);
        assert!(parse(&format!("{}m1", "-".repeat(100_001))).is_some());
    }
}
