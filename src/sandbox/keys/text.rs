//! Texts of an estate that differ from key to key.

use crate::sandbox::pattern::Pattern;

/// A text in which `{n}`, `{account}`, `{region}` and `{partition}` stand for those of a key.
#[derive(Clone, Debug)]
pub struct KeyText(Pattern);

impl KeyText {
    pub fn new(source: &str) -> KeyText {
        KeyText(Pattern::new(source))
    }

    /// The text for the `n`th key of a template.
    pub fn filled(&self, n: u32, account: &str, region: &str, partition: &str) -> String {
        self.0
            .text(n)
            .replace("{account}", account)
            .replace("{region}", region)
            .replace("{partition}", partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_filled_in_and_other_braces_stay() {
        let text = KeyText::new("{\"{partition}\": \"{account}/{region}/{n:03}/{other}\"}");
        let filled = text.filled(7, "111122223333", "eu-west-3", "aws");
        assert_eq!(filled, "{\"aws\": \"111122223333/eu-west-3/007/{other}\"}");
    }
}
