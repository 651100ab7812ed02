//! Numbers as people read them.

/// A whole number with its thousands grouped by commas.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A part of a whole, rounded down, so that 69.99 % is never shown as 70 %.
pub fn percent(part: f64) -> String {
    let tenths = (part * 1_000.0 + 1e-9).floor() / 10.0;
    if part > 0.0 && tenths < 0.1 {
        "< 0.1 %".to_owned()
    } else {
        format!("{tenths} %")
    }
}

#[cfg(test)]
mod tests {
    use super::{grouped, percent};

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(grouped),
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn a_percentage_is_never_rounded_up_to_a_threshold() {
        assert_eq!(percent(0.6999), "69.9 %");
        assert_eq!(percent(0.7), "70 %");
        assert_eq!(percent(1.4), "140 %");
        assert_eq!(percent(0.0001), "< 0.1 %");
        assert_eq!(percent(0.0), "0 %");
    }
}
