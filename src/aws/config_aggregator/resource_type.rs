//! The types of resources that an aggregator is asked for.

/// The types that are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Key,
    Alias,
    Bucket,
    Recorder,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Key => "AWS::KMS::Key",
            Type::Alias => "AWS::KMS::Alias",
            Type::Bucket => "AWS::S3::Bucket",
            Type::Recorder => "AWS::Config::ConfigurationRecorder",
        }
    }

    /// The query for all items of the type, without what narrows it.
    pub(super) fn query(self) -> String {
        let properties = match self {
            Type::Key => "configuration, supplementaryConfiguration.KeyRotationStatus, tags",
            Type::Alias | Type::Recorder => "configuration",
            // The rest of it, policies among it, is not needed.
            Type::Bucket => {
                "configuration.creationDate, supplementaryConfiguration.ServerSideEncryptionConfiguration"
            }
        };
        format!(
            "SELECT accountId, awsRegion, resourceId, configurationItemCaptureTime, configurationItemStatus, {properties} \
             WHERE resourceType = '{}'",
            self.name()
        )
    }
}
