//! `--shard`: which slice of the accounts, said outright or by whoever starts many processes alike.

use crate::facts::Shard;

/// The number of a child of an array job, counted from 0, and how many children there are.
///
/// Source: <https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html>.
const BATCH_INDEX: &str = "AWS_BATCH_JOB_ARRAY_INDEX";
const BATCH_SIZE: &str = "AWS_BATCH_JOB_ARRAY_SIZE";

/// The number of a pod of an Indexed Job, counted from 0. How many there are stands in no variable.
///
/// Source: <https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode>.
const KUBERNETES_INDEX: &str = "JOB_COMPLETION_INDEX";

/// Reads `K/N`, `auto/N` or `auto`.
pub(super) fn shard(text: &str) -> Result<Shard, String> {
    read(text, |name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

fn read(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
    let expected = || "expected K/N with K from 1 to N, such as 2/8, or auto/N, or in AWS Batch auto".to_owned();
    let of = match text.split_once('/') {
        None if text == "auto" => None,
        Some(("auto", of)) => Some(Shard::parse(&format!("1/{of}")).ok_or_else(expected)?.of()),
        _ => return Shard::parse(text).ok_or_else(expected),
    };
    let number = |name: &str| -> Result<Option<u32>, String> {
        let Some(value) = variable(name) else { return Ok(None) };
        let number = value
            .parse()
            .map_err(|_| format!("{name} is `{value}` and not a number"))?;
        Ok(Some(number))
    };
    let (in_batch, in_kubernetes) = (number(BATCH_INDEX)?, number(KUBERNETES_INDEX)?);
    let (name, index) = match (in_batch, in_kubernetes) {
        (Some(_), Some(_)) => {
            return Err(format!(
                "both {BATCH_INDEX} and {KUBERNETES_INDEX} are set; say which with K/N"
            ));
        }
        (Some(index), None) => (BATCH_INDEX, index),
        (None, Some(index)) => (KUBERNETES_INDEX, index),
        (None, None) => {
            return Err(format!(
                "neither {BATCH_INDEX} nor {KUBERNETES_INDEX} is set: this is no child of an array job of AWS Batch and \
                 no pod of an Indexed Job"
            ));
        }
    };
    let of = match (of, number(BATCH_SIZE)?.filter(|_| in_batch.is_some())) {
        (Some(of), Some(size)) if of != size => {
            return Err(format!("{BATCH_SIZE} is {size}, and auto/{of} says {of}"));
        }
        (Some(of), _) | (None, Some(of)) => of,
        (None, None) => return Err(format!("no variable says how many there are beside {name}; use auto/N")),
    };
    index
        .checked_add(1)
        .and_then(|number| Shard::new(number, of))
        .ok_or_else(|| format!("{name} is {index}, and of {of} the last is {}", of.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        read(text, variable).map(|shard| shard.to_string())
    }

    fn error(text: &str, variables: &[(&str, &str)]) -> String {
        with(text, variables).unwrap_err()
    }

    #[test]
    fn a_slice_is_said_outright_whatever_the_environment_says() {
        assert_eq!(with("2/8", &[(BATCH_INDEX, "5"), (BATCH_SIZE, "8")]).unwrap(), "2/8");
        for wrong in ["0/8", "9/8", "2/0", "auto/0", "auto/x", "Auto", "8", ""] {
            assert!(
                error(wrong, &[(BATCH_INDEX, "0"), (BATCH_SIZE, "8")]).contains("expected K/N"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_child_of_an_array_job_knows_its_number_and_how_many_there_are() {
        let variables = [(BATCH_INDEX, "0"), (BATCH_SIZE, "8")];
        assert_eq!(with("auto", &variables).unwrap(), "1/8");
        assert_eq!(with("auto/8", &variables).unwrap(), "1/8");
        assert_eq!(with("auto/8", &[(BATCH_INDEX, "7")]).unwrap(), "8/8");
        assert!(error("auto/4", &variables).contains("AWS_BATCH_JOB_ARRAY_SIZE is 8, and auto/4 says 4"));
        assert!(error("auto", &[(BATCH_INDEX, "0")]).contains("use auto/N"));
    }

    #[test]
    fn a_pod_of_an_indexed_job_knows_its_number_and_has_to_be_told_how_many_there_are() {
        assert_eq!(with("auto/4", &[(KUBERNETES_INDEX, "3")]).unwrap(), "4/4");
        assert!(error("auto", &[(KUBERNETES_INDEX, "3")]).contains("use auto/N"));
        assert!(
            error("auto/4", &[(KUBERNETES_INDEX, "4")])
                .contains("JOB_COMPLETION_INDEX is 4, and of 4 the last is 3")
        );
        // Of an array job that this pod has nothing to do with.
        assert!(error("auto", &[(KUBERNETES_INDEX, "3"), (BATCH_SIZE, "8")]).contains("use auto/N"));
    }

    #[test]
    fn an_environment_that_says_nothing_or_nonsense_is_refused() {
        assert!(error("auto/4", &[]).contains("neither AWS_BATCH_JOB_ARRAY_INDEX nor JOB_COMPLETION_INDEX"));
        assert!(error("auto/4", &[(BATCH_INDEX, "1"), (KUBERNETES_INDEX, "1")]).contains("both"));
        for wrong in ["-1", "one", "4294967296"] {
            assert!(
                error("auto/4", &[(BATCH_INDEX, wrong)]).contains("not a number"),
                "{wrong}"
            );
        }
        assert!(error("auto/4", &[(BATCH_INDEX, "4294967295")]).contains("the last is 3"));
    }
}
