import { Op, type Model, type ModelStatic, type Transaction, type WhereOptions } from 'sequelize';

/** The next values of a whole-number attribute past `after`, each once, in order. */
export async function valuesAfter<Row extends Model>(
  model: ModelStatic<Row>,
  attribute: keyof Row & string,
  after: number,
  limit: number,
): Promise<number[]> {
  const rows = await model.findAll({
    attributes: [attribute],
    where: { [attribute]: { [Op.gt]: after } } as WhereOptions,
    group: attribute,
    order: [attribute],
    limit,
  });
  return rows.map((row) => row.get(attribute) as number);
}

/** Rows by their ids; in a transaction they are held until it ends. */
export async function findByIds<Row extends Model & { id: number }>(
  model: ModelStatic<Row>,
  ids: readonly number[],
  transaction?: Transaction,
): Promise<Map<number, Row>> {
  const rows = await model.findAll({
    where: { id: [...ids] } as WhereOptions,
    ...(transaction && { transaction, lock: transaction.LOCK.UPDATE }),
  });
  return new Map(rows.map((row) => [row.id, row]));
}

/** The highest id of a table; 0 when it is empty. */
export async function highestId<Row extends Model & { id: number }>(
  model: ModelStatic<Row>,
): Promise<number> {
  return (await model.max<number | null, Row>('id')) ?? 0;
}
