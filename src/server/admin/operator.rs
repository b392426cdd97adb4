//! `feihong operator`.

use model::Error;
use service::Services;

use super::{Credentials, Reply, reply::Operator};

pub(super) async fn create(services: &Services, new: Credentials) -> Result<Reply, Error> {
    services.operators.create(&new.name, &new.password, false).await?;
    Ok(Reply::Operator { name: new.name })
}

pub(super) async fn list(services: &Services) -> Result<Reply, Error> {
    let own = |one: service::Operator| Operator { name: one.name, role: one.role, created: one.created };
    Ok(Reply::Operators(services.operators.list().await?.into_iter().map(own).collect()))
}

pub(super) async fn set_password(services: &Services, new: Credentials) -> Result<Reply, Error> {
    services.operators.set_password(&new.name, &new.password).await?;
    Ok(Reply::Operator { name: new.name })
}
