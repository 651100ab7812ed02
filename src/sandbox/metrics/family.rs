//! Metrics that differ in nothing but the key that they are of.

use super::{Data, Metric, Wanted};
use crate::sandbox::keys::{Key, Keys, PlacedTemplate};
use std::borrow::Cow;
use std::ops::Range;

/// A metric, or one for each key of a template. All have the same data.
#[derive(Debug)]
pub(super) struct Family<'m> {
    pub namespace: &'static str,
    pub name: &'static str,
    /// The dimensions that all of them have, with their values.
    pub dimensions: Vec<(&'static str, Cow<'m, str>)>,
    /// The keys; `None` for a single metric that is of no key.
    pub keys: Option<EachKey<'m>>,
    pub data: Data<'m>,
}

/// The keys of a template, or some of them, as dimensions name them.
#[derive(Debug)]
pub(super) struct EachKey<'m> {
    keys: &'m Keys<'m>,
    template: &'m PlacedTemplate,
    /// Which of them, counted from 0.
    offsets: Range<u32>,
    /// The dimensions that have the key as their value.
    dimensions: &'static [&'static str],
    named: KeyName,
}

/// How a dimension names a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeyName {
    Arn,
    Id,
}

impl<'m> Family<'m> {
    /// How many metrics there are.
    pub fn len(&self) -> usize {
        self.keys.as_ref().map_or(1, |keys| keys.offsets.len())
    }

    /// The metric at a position of the family.
    pub fn metric(&self, position: usize) -> Option<Metric<'m>> {
        let mut dimensions = self.dimensions.clone();
        if let Some(keys) = &self.keys {
            let value = keys.value(position)?;
            let names = keys.dimensions.iter();
            dimensions.extend(names.map(|name| (*name, Cow::Owned(value.clone()))));
        }
        dimensions.sort_unstable_by_key(|(name, _)| *name);
        Some(Metric {
            namespace: self.namespace,
            name: self.name,
            dimensions,
            data: self.data.clone(),
        })
    }

    /// The metrics of the family that are wanted.
    pub fn reduced_to(mut self, wanted: &Wanted<'_>) -> Option<Family<'m>> {
        if wanted.name.is_some_and(|name| name != self.name) {
            return None;
        }
        for (name, value) in &wanted.dimensions {
            let own = self.dimensions.iter().find(|(own, _)| own == name);
            match (own, &mut self.keys) {
                (Some((_, own)), _) if value.is_none_or(|value| value == own) => {}
                (None, Some(keys)) if keys.dimensions.contains(name) => keys.reduce_to(*value)?,
                _ => return None,
            }
        }
        Some(self)
    }

    /// Whether each dimension of the metrics is wanted. The family must have been reduced to what is wanted.
    pub fn is_all_of(&self, wanted: &Wanted<'_>) -> bool {
        let of_key = self.keys.iter().flat_map(|keys| keys.dimensions);
        let own = self.dimensions.iter().map(|(name, _)| name).chain(of_key);
        wanted.dimensions.len() == own.clone().count()
            && own
                .clone()
                .all(|own| wanted.dimensions.iter().any(|(name, _)| name == own))
    }
}

impl<'m> EachKey<'m> {
    pub fn new(
        keys: &'m Keys<'m>,
        template: &'m PlacedTemplate,
        dimensions: &'static [&'static str],
        named: KeyName,
    ) -> EachKey<'m> {
        EachKey {
            keys,
            template,
            offsets: 0..template.template.count,
            dimensions,
            named,
        }
    }

    fn value(&self, position: usize) -> Option<String> {
        let offset = u32::try_from(position).ok()?;
        let key = self.keys.member(self.template, self.offsets.start + offset)?;
        Some(match self.named {
            KeyName::Arn => key.arn(),
            KeyName::Id => key.id(),
        })
    }

    /// Leaves only the key of that name, if it is one of these.
    fn reduce_to(&mut self, value: Option<&str>) -> Option<()> {
        let Some(value) = value else {
            return Some(());
        };
        let key = match self.named {
            KeyName::Arn => self.keys.with_arn(value),
            KeyName::Id => self.keys.with_id(value),
        };
        let is_of_template = |key: &Key<'_>| std::ptr::eq(key.template(), &self.template.template);
        let offset = key.filter(is_of_template)?.n() - 1;
        self.offsets = self.offsets.contains(&offset).then_some(offset..offset + 1)?;
        Some(())
    }
}
