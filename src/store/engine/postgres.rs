//! The book in PostgreSQL: a batch is one serializable transaction, its statements sent without waiting.

use deadpool_postgres::{Client, Pool};
use futures_util::{
    TryStreamExt,
    future::{join, join_all},
};
use tokio_postgres::{Statement, error::SqlState, types::Type};

use super::{
    batch::{Batch, Step},
    value::{Row, Value},
};
use crate::{Durability, StoreError, metric, postgres};

/// How often a batch is tried again when others were in its way.
const ATTEMPTS: u32 = 20;
/// Statements under way at once.
const PIPELINE: usize = 16;
/// Batches that are tried again take turns, on all nodes, or they would only be in each other's way again.
const TURN: &str = "SELECT pg_advisory_lock(7378413942531467010)";
const NEXT: &str = "SELECT pg_advisory_unlock(7378413942531467010)";

type Written = Result<Vec<Vec<Row>>, StoreError>;

/// The book of a cluster.
pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    pub(super) async fn open(url: &str, size: usize, durability: Durability) -> Result<Self, StoreError> {
        let migrations = crate::migrations::MIGRATIONS;
        let pool = postgres::open(url, size.div_ceil(2), durability, "migrations", migrations).await?;
        Ok(Self { pool })
    }

    pub(super) async fn read(&self, sql: &'static str, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let client = self.pool.get().await?;
        let statement = prepare(&client, sql, &params).await?;
        Ok(run(&client, &statement, &params).await?.1)
    }

    pub(super) async fn write(&self, batch: Batch) -> Written {
        let pool = self.pool.clone();
        // In a task of its own, so that a caller who goes away leaves no half transaction on a connection.
        tokio::spawn(async move {
            let timer = metric::Commit::start(metric::BOOK);
            let written = persist(&pool, &batch).await;
            match &written {
                Ok(_) => timer.end(1, batch.len(), 0),
                Err(StoreError::Conflict { .. }) => timer.end(1, 0, 1),
                Err(error) => tracing::error!(%error, "write to the book failed"),
            }
            written
        })
        .await?
    }

    pub(super) fn close(&self) {
        self.pool.close();
    }
}

async fn persist(pool: &Pool, batch: &Batch) -> Written {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let client = pool.get().await?;
        let mut statements = Vec::with_capacity(batch.steps.len());
        for (number, step) in batch.steps.iter().enumerate() {
            statements.push(prepare(&client, step.sql, &step.params).await.map_err(|error| error.at(number))?);
        }
        let in_turn = attempt > 1;
        if in_turn {
            client.batch_execute(TURN).await?;
        }
        let outcome = transact(&client, batch, &statements).await;
        // Whatever happened, the connection goes back clean or not at all.
        let clean = match outcome {
            Ok(_) => true,
            Err(_) => client.batch_execute("ROLLBACK").await.is_ok(),
        } && (!in_turn || client.batch_execute(NEXT).await.is_ok());
        if !clean {
            postgres::discard(client);
        }
        match outcome {
            Ok(rows) => return Ok(rows),
            Err(Failure::InTheWay(_)) if attempt < ATTEMPTS => {}
            Err(Failure::InTheWay(error)) => return Err(error.into()),
            Err(Failure::Final(error)) => return Err(error),
        }
    }
}

enum Failure {
    /// Another transaction was in the way; trying again will help.
    InTheWay(tokio_postgres::Error),
    Final(StoreError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let in_the_way = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        if error.code().is_some_and(|code| in_the_way.contains(code)) {
            Self::InTheWay(error)
        } else {
            Self::Final(error.into())
        }
    }
}

async fn transact(client: &Client, batch: &Batch, statements: &[Statement]) -> Result<Vec<Vec<Row>>, Failure> {
    let mut answers = Vec::with_capacity(batch.steps.len());
    let steps: Vec<(&Step, &Statement)> = batch.steps.iter().zip(statements).collect();
    let mut first = true;
    for group in steps.chunks(PIPELINE) {
        let runs = join_all(group.iter().map(|(step, statement)| run(client, statement, &step.params)));
        let results = if std::mem::take(&mut first) {
            let (begun, results) = join(client.batch_execute("BEGIN ISOLATION LEVEL SERIALIZABLE"), runs).await;
            begun?;
            results
        } else {
            runs.await
        };
        for (result, (step, _)) in results.into_iter().zip(group) {
            let number = answers.len();
            let (count, rows) = result.map_err(|error| match Failure::from(error) {
                Failure::Final(error) => Failure::Final(error.at(number)),
                in_the_way @ Failure::InTheWay(_) => in_the_way,
            })?;
            if step.expect.is_some_and(|expect| !expect.holds(count)) {
                return Err(Failure::Final(StoreError::Conflict { step: number }));
            }
            answers.push(rows);
        }
    }
    client.batch_execute("COMMIT").await?;
    Ok(answers)
}

async fn prepare(client: &Client, sql: &'static str, params: &[Value]) -> Result<Statement, StoreError> {
    let types: Vec<Type> = params.iter().map(Value::postgres_type).collect();
    let statement = client.prepare_typed_cached(sql, &types).await?;
    if statement.params().len() != params.len() {
        return Err(StoreError::other(format!(
            "statement takes {} parameters, {} given",
            statement.params().len(),
            params.len()
        )));
    }
    Ok(statement)
}

/// Runs a statement; how many rows were written or returned, and the returned ones.
async fn run(
    client: &Client,
    statement: &Statement,
    params: &[Value],
) -> Result<(u64, Vec<Row>), tokio_postgres::Error> {
    let mut stream = std::pin::pin!(client.query_raw(statement, params).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(Row((0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?));
    }
    Ok((stream.rows_affected().unwrap_or(0), rows))
}
