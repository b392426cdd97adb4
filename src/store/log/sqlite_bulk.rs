//! Many rows by one statement: a statement by itself costs more than the insertion of a row.

use rusqlite::{Connection, Statement, ToSql};

use crate::StoreError;

/// Rows of one statement.
const ROWS: usize = 32;

/// How rows are inserted into a table.
pub(super) struct Bulk {
    one: String,
    many: String,
}

/// Takes the values of a row, one after the other.
pub(super) type Bind<'a> = &'a mut dyn FnMut(&dyn ToSql) -> rusqlite::Result<()>;

impl Bulk {
    /// The statements of a table that has so many columns.
    pub fn new(table: &str, columns: usize) -> Self {
        let row = format!("({})", ["?"].repeat(columns).join(", "));
        let insert = |rows| format!("INSERT INTO {table} VALUES {}", [row.as_str()].repeat(rows).join(", "));
        Self { one: insert(1), many: insert(ROWS) }
    }

    /// Inserts the rows in their order; `values` gives those of one.
    pub fn insert<T>(
        &self,
        connection: &Connection,
        rows: &[T],
        values: impl Fn(&T, Bind<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let mut chunks = rows.chunks_exact(ROWS);
        let mut rest = chunks.remainder().chunks(1);
        let mut many = connection.prepare_cached(&self.many)?;
        chunks.try_for_each(|chunk| run(&mut many, chunk, &values))?;
        let mut one = connection.prepare_cached(&self.one)?;
        rest.try_for_each(|row| run(&mut one, row, &values))
    }
}

fn run<T>(
    statement: &mut Statement<'_>,
    rows: &[T],
    values: impl Fn(&T, Bind<'_>) -> rusqlite::Result<()>,
) -> Result<(), StoreError> {
    let mut place = 0;
    for row in rows {
        values(row, &mut |value| {
            place += 1;
            statement.raw_bind_parameter(place, value)
        })?;
    }
    statement.raw_execute()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::{Bulk, ROWS};

    #[test]
    fn every_row_arrives_once_and_in_order() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY, double INTEGER)").unwrap();
        let bulk = Bulk::new("numbers", 2);
        let mut next = 0_i64;
        for count in [0, 1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 5] {
            let rows: Vec<i64> = (next..next + count as i64).collect();
            next += count as i64;
            bulk.insert(&connection, &rows, |row, bind| [*row, row * 2].iter().try_for_each(|value| bind(value)))
                .unwrap();
        }
        let sums: (i64, i64, i64) = connection
            .query_row("SELECT count(*), sum(number), sum(double) FROM numbers", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(sums, (next, next * (next - 1) / 2, next * (next - 1)));
        assert!(
            bulk.insert(&connection, &[0_i64], |row, bind| [*row, 0].iter().try_for_each(|value| bind(value))).is_err()
        );
    }
}
