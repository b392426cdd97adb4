//! Connections to PostgreSQL, for both shelves.

use deadpool_postgres::{Client, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::NoTls;

use crate::{
    Durability, StoreError,
    engine::{Migration, migrate},
};

/// A pool of connections to a database that is fit for us and migrated.
pub(crate) async fn open(
    url: &str,
    size: usize,
    durability: Durability,
    history: &'static str,
    migrations: &'static [Migration],
) -> Result<Pool, StoreError> {
    let mut config: tokio_postgres::Config = url.parse()?;
    let synchronous = match durability {
        Durability::Full => "on",
        Durability::Relaxed => "off",
    };
    let options = config.get_options().unwrap_or_default();
    let options = format!("{options} -c synchronous_commit={synchronous} -c client_min_messages=warning");
    config.options(options).application_name("feihong");
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::other(error.to_string()))?;
    let mut client = pool.get().await?;
    check(&client).await?;
    migrate::postgres(&mut client, history, migrations).await?;
    drop(client);
    Ok(pool)
}

/// Text compares bytewise on SQLite, so it has to here.
async fn check(client: &Client) -> Result<(), StoreError> {
    let settings = "SELECT datcollate::text, pg_encoding_to_char(encoding)::text
        FROM pg_database WHERE datname = current_database()";
    let row = client.query_one(settings, &[]).await?;
    let (collation, encoding): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    if (!matches!(&*collation, "C" | "POSIX") && !collation.starts_with("C.")) || encoding != "UTF8" {
        return Err(StoreError::other(format!(
            "the PostgreSQL database has collation {collation} and encoding {encoding}; create it with \
             LC_COLLATE 'C' ENCODING 'UTF8' TEMPLATE template0"
        )));
    }
    Ok(())
}

/// Closes a connection whose state is unknown instead of giving it back.
pub(crate) fn discard(client: Client) {
    drop(Client::take(client));
}

/// A cluster is backed up as a whole and with its own tools.
pub(crate) fn no_backup() -> StoreError {
    StoreError::other("a PostgreSQL database is backed up with pg_dump or pg_basebackup")
}
