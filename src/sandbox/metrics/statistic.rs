//! What a query asks of the samples of a period.

/// Samples of the same value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sandbox) struct Samples {
    pub count: f64,
    pub value: f64,
}

/// A statistic of CloudWatch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sandbox) enum Statistic {
    Sum,
    SampleCount,
    Average,
    Minimum,
    Maximum,
    /// From 0 to 100.
    Percentile(f64),
}

impl Statistic {
    /// The statistic that CloudWatch calls so: `Sum`, `p99.9`.
    pub fn named(name: &str) -> Option<Statistic> {
        Some(match name {
            "Sum" => Statistic::Sum,
            "SampleCount" => Statistic::SampleCount,
            "Average" => Statistic::Average,
            "Minimum" => Statistic::Minimum,
            "Maximum" => Statistic::Maximum,
            _ => {
                let digits = name.strip_prefix('p')?;
                let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let percent = digits.parse().ok().filter(|_| is_decimal)?;
                Statistic::Percentile((0.0..=100.0).contains(&percent).then_some(percent)?)
            }
        })
    }

    /// The value for a period with these samples; none for one without any.
    pub fn of(self, samples: &[Samples]) -> Option<f64> {
        let count: f64 = samples.iter().map(|samples| samples.count).sum();
        if count == 0.0 {
            return None;
        }
        let sum = || samples.iter().map(|samples| samples.count * samples.value).sum::<f64>();
        let taken = samples.iter().filter(|samples| samples.count > 0.0);
        let values = taken.clone().map(|samples| samples.value);
        match self {
            Statistic::Sum => Some(sum()),
            Statistic::SampleCount => Some(count),
            Statistic::Average => Some(sum() / count),
            Statistic::Minimum => values.reduce(f64::min),
            Statistic::Maximum => values.reduce(f64::max),
            Statistic::Percentile(percent) => {
                let mut taken: Vec<Samples> = taken.copied().collect();
                taken.sort_by(|a, b| a.value.total_cmp(&b.value));
                let rank = count * percent / 100.0;
                let mut before = 0.0;
                let at_rank = taken.iter().find(|samples| {
                    before += samples.count;
                    before >= rank
                });
                at_rank.or(taken.last()).map(|samples| samples.value)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_different_values_have_different_statistics() {
        let samples = |count, value| Samples { count, value };
        let period = [
            samples(1.0, 30.0),
            samples(0.0, 99.0),
            samples(7.0, 10.0),
            samples(2.0, 20.0),
        ];
        for (name, value) in [
            ("Sum", 140.0),
            ("SampleCount", 10.0),
            ("Average", 14.0),
            ("Minimum", 10.0),
            ("Maximum", 30.0),
            ("p0", 10.0),
            ("p70", 10.0),
            ("p70.1", 20.0),
            ("p90", 20.0),
            ("p100", 30.0),
        ] {
            let statistic = Statistic::named(name).unwrap();
            assert_eq!(statistic.of(&period), Some(value), "{name}");
            assert_eq!(statistic.of(&[samples(0.0, 5.0)]), None);
        }
    }

    #[test]
    fn what_is_no_statistic_has_no_name() {
        for name in ["sum", "p101", "p-1", "pinf", "p", "p1e1", "tm90", ""] {
            assert_eq!(Statistic::named(name), None, "{name}");
        }
    }
}
