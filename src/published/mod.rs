//! What AWS publishes and no call answers: Regions by partition, the default request quotas, prices. Each table
//! names its source; a value that can be read from AWS is read from AWS, and these stand in only where it cannot.

mod prices;
mod quotas;
mod regions;

pub use prices::{KEY_MONTH, MicroDollars, SYMMETRIC_REQUEST};
pub use quotas::{
    CUSTOM_KEY_STORE_RATE, DEFAULT_KEY_COUNT, KEY_COUNT_QUOTA, PublishedQuota, pools, request_quotas,
};
pub use regions::{account_api_region, is_opt_in, regions_of};
